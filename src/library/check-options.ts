import { type GeminiImageError, usageError } from '../domain/error.js';
import { isObject } from '../domain/json.js';
import { KNOWN_KINDS } from '../domain/known.js';
import {
  MEDIA_RESOLUTIONS,
  SAFETY_LEVELS,
  THINKING_LEVELS,
  TIERS,
} from '../domain/model-settings.js';
import { nearest } from '../domain/nearest.js';
import { BACKGROUND_WORDS, parseBackground } from '../domain/picture.js';
import { STATUSES } from '../pages/status.js';
import { STYLE_NAMES } from '../tasks/describe/style-names.js';
import type {
  AltTextOptions,
  CallDefaults,
  CheckOptions,
  ClientOptions,
  DescribeManyOptions,
  DescribeOptions,
  EmulatorOptions,
  FindOptions,
} from './options.js';

/** What a value has to be. */
interface Rule {
  /** In words that follow "x must be". */
  words: string;
  holds(value: unknown): boolean;
  /** Whether the value may be a secret, so that no message repeats it. */
  isSecret?: true;
}

const text: Rule = {
  words: 'a text that is not empty',
  holds: (value) => typeof value === 'string' && value.trim() !== '',
};
const secret: Rule = {
  words: 'a text',
  // A key that is not set or empty has a better error.
  holds: (value) => typeof value === 'string',
  isSecret: true,
};
const flag: Rule = { words: 'true or false', holds: (value) => typeof value === 'boolean' };
const callback: Rule = { words: 'a function', holds: (value) => typeof value === 'function' };
const texts: Rule = {
  words: 'a list of texts',
  holds: (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
};
const signal: Rule = {
  words: 'an AbortSignal',
  holds: (value) => value instanceof AbortSignal,
};
const proxy: Rule = {
  words: 'an object with httpsProxy and noProxy',
  holds: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  isSecret: true,
};
const schema: Rule = {
  words: 'a JSON Schema, or a validator of zod, valibot or arktype',
  holds: (value) => (typeof value === 'object' && value !== null) || typeof value === 'function',
};

const styleChoice: Rule = {
  words: `one of ${STYLE_NAMES.join(', ')}, { name, prompt } for one of your own, or a list of those`,
  holds: (value) => {
    const choices = Array.isArray(value) ? value : [value];
    return choices.length > 0 && choices.every(isStyle);
  },
};

function isStyle(value: unknown): boolean {
  if (isObject(value)) return typeof value.name === 'string' && typeof value.prompt === 'string';
  return STYLE_NAMES.some((name) => name === value);
}

function oneOf(values: readonly string[]): Rule {
  return {
    words: `one of ${values.join(', ')}`,
    holds: (value) => typeof value === 'string' && values.includes(value),
  };
}

function whole(least: number, most = Number.MAX_SAFE_INTEGER): Rule {
  const upTo = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`;
  return {
    words: `a whole number, ${upTo}`,
    holds: (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  };
}

function number(words: string, holds: (value: number) => boolean): Rule {
  return {
    words,
    holds: (value) => typeof value === 'number' && Number.isFinite(value) && holds(value),
  };
}

const background: Rule = {
  words: BACKGROUND_WORDS,
  holds: (value) => typeof value === 'string' && parseBackground(value) !== undefined,
};

const settings = {
  system: text,
  thinking: oneOf(THINKING_LEVELS),
  mediaResolution: oneOf(MEDIA_RESOLUTIONS),
  maxOutputTokens: whole(1),
  temperature: number('a number from 0 to 2', (value) => value >= 0 && value <= 2),
  seed: whole(0, 2 ** 31 - 1),
  safety: oneOf(SAFETY_LEVELS),
};

const defaults = {
  ...settings,
  model: text,
  maxEdge: whole(0),
  background,
  keepMetadata: flag,
  original: flag,
  damaged: flag,
  decodeTimeoutMs: number('a number, more than 0', (value) => value > 0),
  decodeMemoryMb: number('a number, more than 0', (value) => value > 0),
  allowPrivateHosts: flag,
  cache: text,
  onEvent: callback,
} satisfies Record<keyof CallDefaults, Rule>;

const client = {
  ...defaults,
  apiKey: secret,
  baseUrl: text,
  timeoutMs: number('a number, more than 0', (value) => value > 0),
  retries: whole(0),
  proxy,
  store: flag,
  tier: oneOf(TIERS),
  tierFallback: flag,
  rpm: whole(1),
  tpm: whole(1),
} satisfies Record<keyof ClientOptions, Rule>;

const describe = {
  ...defaults,
  signal,
  prompt: text,
  style: styleChoice,
  keepGood: flag,
  long: flag,
  lang: text,
  maxWords: whole(1),
  context: text,
  schema,
  fields: text,
  vocab: {
    words: 'a list of words, or their text with one a line',
    holds: (value) => text.holds(value) || (texts.holds(value) && isFilled(value)),
  },
  vocabPaths: oneOf(['leaf', 'all']),
  know: {
    words: `a list of some of ${KNOWN_KINDS.join(', ')}`,
    holds: (value) =>
      isFilled(value) && value.every((one) => KNOWN_KINDS.some((kind) => kind === one)),
  },
} satisfies Record<keyof DescribeOptions, Rule>;

const alt = {
  ...defaults,
  signal,
  check: flag,
  audit: flag,
  write: flag,
  only: {
    words: `a list of some of ${STATUSES.join(', ')}`,
    holds: (value) =>
      isFilled(value) && value.every((one) => STATUSES.some((status) => status === one)),
  },
  empty: flag,
  lang: text,
  limit: whole(1),
  exclude: texts,
  ignoreFile: text,
  includeAll: flag,
  wiki: flag,
  frontMatter: flag,
  root: text,
  siteBase: text,
  allowOutside: flag,
  concurrency: whole(1, 1000),
  ledger: text,
  maxCostUsd: number('a number of dollars, more than 0', (value) => value > 0),
  rpm: whole(1),
  tpm: whole(1),
} satisfies Record<keyof AltTextOptions, Rule>;

/** The options of each function, by its name as programs call it. */
const TABLES = {
  createGeminiImage: client,
  describe,
  describeStream: describe,
  describeMany: {
    ...describe,
    concurrency: whole(1, 1000),
    inOrder: flag,
    ledger: text,
    maxCostUsd: number('a number of dollars, more than 0', (value) => value > 0),
    rpm: whole(1),
    tpm: whole(1),
  } satisfies Record<keyof DescribeManyOptions, Rule>,
  check: { ...defaults, signal, votes: whole(1, 99) } satisfies Record<keyof CheckOptions, Rule>,
  detect: { ...defaults, signal },
  describeImage: { ...client, ...describe },
  describeImageStream: { ...client, ...describe },
  altText: alt,
  find: {
    recursive: flag,
    exclude: texts,
    includeAll: flag,
    follow: flag,
    raw: flag,
    pdf: flag,
    pages: text,
    group: text,
    filesFrom: text,
    nulSeparated: flag,
    signal,
  } satisfies Record<keyof FindOptions, Rule>,
  startEmulator: {
    answers: {
      words: 'a text, a list of rules, or a function',
      holds: (value) => ['string', 'function'].includes(typeof value) || Array.isArray(value),
    },
    fail: {
      words: 'a list of { status, share }, such as [{ status: 429, share: 0.3 }]',
      holds: (value) => Array.isArray(value) && value.every(isFailureRule),
    },
    latency: whole(0),
    port: whole(0, 65_535),
  } satisfies Record<keyof EmulatorOptions, Rule>,
} as const satisfies Record<string, Record<string, Rule>>;

function isFilled(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0;
}

function isFailureRule(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { status, share, tier } = value;
  const isStatus = Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599;
  const isShare = typeof share === 'number' && share >= 0 && share <= 1;
  return isStatus && isShare && (tier === undefined || tier === 'flex');
}

export type FunctionName = keyof typeof TABLES;

/**
 * Checks the names and values of options; programs in plain JavaScript may pass anything.
 *
 * @param of the function that they are for.
 * @throws GeminiImageError of kind `usage` for the first that is wrong.
 */
export function checkOptions(of: FunctionName, options: unknown): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw usageError(`options of ${of} must be an object`);
  }
  const rules: Readonly<Record<string, Rule>> = TABLES[of];
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule) throw unknown(name, of);
    if (value === undefined || rule.holds(value)) continue;
    const shown = rule.isSecret ? '' : `, and not ${printed(value)}`;
    throw usageError(`${name} must be ${rule.words}${shown}`);
  }
}

/** The option that does what a flag of the command does, if there is one. */
export function optionOfFlag(name: string): string | undefined {
  const option = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const tables = Object.values<Readonly<Record<string, Rule>>>(TABLES);
  return tables.some((rules) => Object.hasOwn(rules, option)) ? option : undefined;
}

function unknown(name: string, of: FunctionName): GeminiImageError {
  const names = Object.keys(TABLES[of]);
  const near = nearest(name, names);
  if (near !== undefined) return usageError(`unknown option ${name}: did you mean ${near}?`);
  for (const [place, rules] of Object.entries<Readonly<Record<string, Rule>>>(TABLES)) {
    const meant = nearest(name, Object.keys(rules));
    if (meant === undefined) continue;
    return usageError(`${name} is no option of ${of}`, `${place} has the option ${meant}.`);
  }
  return usageError(`unknown option ${printed(name)}`, `${of} takes ${names.join(', ')}.`);
}

const LONGEST = 60;

function printed(value: unknown): string {
  const json = typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? typeof value);
  return json.length > LONGEST ? `${json.slice(0, LONGEST)}…` : json;
}

// The models of the emulator, as the Gemini API had them in November 2026.
import { notFound } from './http/errors.js';
import { type PageRules, pageOf } from './http/paging.js';

export type ThinkingLevel = 'MINIMAL' | 'LOW' | 'MEDIUM' | 'HIGH' | 'XHIGH';

export interface Model {
  /** Without `models/`. */
  readonly name: string;
  readonly displayName: string;
  readonly thinkingLevels: readonly ThinkingLevel[];
  /** Gemini 4 refuses what older models take or ignore: several candidates, penalties, budgets. */
  readonly generation: 3 | 4;
  /** Whether there is more than the standard service tier; previews are taken to have no other. */
  readonly hasTiers: boolean;
}

interface Facts {
  readonly displayName: string;
  readonly thinkingLevels: readonly ThinkingLevel[];
  readonly generation: 3 | 4;
}

const LITE: readonly ThinkingLevel[] = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH'];
const NO_MINIMAL: readonly ThinkingLevel[] = ['LOW', 'MEDIUM', 'HIGH'];
const EXTENDED: readonly ThinkingLevel[] = ['LOW', 'MEDIUM', 'HIGH', 'XHIGH'];

const LIVE = {
  'gemini-3.5-flash-lite': facts('Gemini 3.5 Flash-Lite', LITE, 3),
  'gemini-3.1-flash-lite': facts('Gemini 3.1 Flash-Lite', LITE, 3),
  'gemini-3.6-flash': facts('Gemini 3.6 Flash', LITE, 3),
  'gemini-3.5-flash': facts('Gemini 3.5 Flash', LITE, 3),
  'gemini-3-flash-preview': facts('Gemini 3 Flash Preview', LITE, 3),
  'gemini-3.8-flash': facts('Gemini 3.8 Flash', NO_MINIMAL, 3),
  'gemini-4-carbon': facts('Gemini 4 Carbon', NO_MINIMAL, 4),
  'gemini-4-argon': facts('Gemini 4 Argon', NO_MINIMAL, 4),
  'gemini-4-hydrogen': facts('Gemini 4 Hydrogen', EXTENDED, 4),
  'gemini-4-neon': facts('Gemini 4 Neon', EXTENDED, 4),
  'gemini-3.1-pro-preview': facts('Gemini 3.1 Pro Preview', NO_MINIMAL, 3),
} as const satisfies Record<string, Facts>;

/**
 * Google may change which model an alias means; these are guesses of November 2026. Calls of a
 * deprecated model are routed to its successor.
 */
const ALIASES: Readonly<Record<string, keyof typeof LIVE>> = {
  'gemini-flash-latest': 'gemini-3.8-flash',
  'gemini-flash-lite-latest': 'gemini-3.5-flash-lite',
  'gemini-pro-latest': 'gemini-3.1-pro-preview',
  'gemini-3.7-flash': 'gemini-3.8-flash',
};

/** Models that are still listed, but are 404 for a project that has not used them before. */
const CLOSED_TO_NEW_USERS: Readonly<Record<string, string>> = {
  'gemini-2.5-flash': 'Gemini 2.5 Flash',
  'gemini-2.5-pro': 'Gemini 2.5 Pro',
  'gemini-2.5-flash-lite': 'Gemini 2.5 Flash-Lite',
};

const SHUT_DOWN = /^gemini-(?:1\.[05]-.+|2\.0-.+|3-pro-preview|pro|pro-vision)$/;

function facts(
  displayName: string,
  thinkingLevels: readonly ThinkingLevel[],
  generation: 3 | 4,
): Facts {
  return { displayName, thinkingLevels, generation };
}

/**
 * The model behind a name or an alias (without `models/`). Throws 404 in Google's words for one
 * that is retired or unknown; `method` is the one that was called, such as `generateContent`.
 */
export function findModel(name: string, method: string): Model {
  const live: Readonly<Record<string, Facts>> = LIVE;
  const target = (Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined) ?? name;
  const found = Object.hasOwn(live, target) ? live[target] : undefined;
  if (found !== undefined)
    return { name: target, hasTiers: !target.endsWith('-preview'), ...found };
  if (Object.hasOwn(CLOSED_TO_NEW_USERS, name)) {
    throw retired(name, 'is no longer available to new users', 'gemini-3.6-flash');
  }
  if (SHUT_DOWN.test(name)) {
    throw retired(name, 'is no longer available', 'gemini-3.5-flash-lite');
  }
  throw notFound(
    `models/${name} is not found for API version v1beta, or is not supported for ${method}. ` +
      'Call ListModels to see the list of available models and their supported methods.',
  );
}

function retired(name: string, fate: string, successor: string) {
  return notFound(
    `This model models/${name} ${fate}. Please update your code to use models/${successor} ` +
      'for the latest features and improvements.',
  );
}

/** A model as `models.get` and `models.list` describe it. */
export interface ModelResource {
  name: string;
  version: string;
  displayName: string;
  inputTokenLimit: number;
  outputTokenLimit: number;
  supportedGenerationMethods: readonly string[];
  thinking: boolean;
}

const LISTED: readonly ModelResource[] = [
  ...Object.entries(LIVE).map(([name, { displayName }]) => resource(name, displayName)),
  ...Object.entries(ALIASES).map(([alias, target]) => resource(alias, LIVE[target].displayName)),
  ...Object.entries(CLOSED_TO_NEW_USERS).map(([name, displayName]) => resource(name, displayName)),
];

function resource(name: string, displayName: string): ModelResource {
  return {
    name: `models/${name}`,
    version: '001',
    displayName,
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: ['generateContent', 'countTokens', 'batchGenerateContent'],
    thinking: true,
  };
}

/** `models.get`; `name` without `models/`. */
export function getModel(name: string): ModelResource {
  const listed = LISTED.find((model) => model.name === `models/${name}`);
  if (listed !== undefined) return listed;
  const { name: target, displayName } = findModel(name, 'GetModel');
  return resource(target, displayName);
}

export interface ModelPage {
  models: readonly ModelResource[];
  nextPageToken?: string;
}

/** `models.list`. */
export function listModels(query: URLSearchParams): ModelPage {
  const { items, nextPageToken } = pageOf(LISTED, query, PAGES);
  return { models: items, ...(nextPageToken && { nextPageToken }) };
}

const PAGES = {
  label: 'models',
  request: 'ListModelsRequest',
  defaultSize: 50,
  largestSize: 1000,
} as const satisfies PageRules;

// The models that can be asked: what the service lists, joined with what our own table knows of them.
import type { ThinkingLevel } from '../domain/model-settings.js';
import { type ListedModel, listModels } from '../gemini/list-models.js';
import {
  DEFAULT_MODEL,
  factsOf,
  isAlias,
  type ModelFacts,
  modelNames,
  PRICES_AS_OF,
  type Price,
  priceOf,
  type Rate,
  type Standing,
  thinkingLevelsOf,
} from '../gemini/models.js';
import { tableLines } from '../output/aligned.js';
import { safeLine } from '../output/safe-text.js';
import type { CommandContext, Tally } from '../run/context.js';
import { openService } from '../run/service.js';

export interface ModelsOptions {
  baseUrl?: string | undefined;
  format: 'text' | 'json';
  /** Also what the table does not know, and what cannot be used any more. */
  all: boolean;
  /** From the table alone: nothing is asked. */
  offline: boolean;
}

const TIMEOUT_MS = 30_000;
const RETRIES = 2;

/** `unlisted`: the table has it, but the service does not list it for this key. */
type State = Standing | 'alias' | 'unlisted' | 'unknown';

/** By rate. */
type Prices = Readonly<Record<Rate, Price>>;

interface Row {
  model: string;
  state: State;
  facts: ModelFacts | undefined;
  /** Whether the service takes it in batch jobs; undefined if it was not asked. */
  batch: boolean | undefined;
  prices: Prices | undefined;
  /** The default first; undefined if not known. */
  thinking: readonly ThinkingLevel[] | undefined;
}

/** Prints the models. */
export async function printModels(options: ModelsOptions, context: CommandContext): Promise<Tally> {
  const { today } = context;
  const listed = options.offline ? undefined : await listedBy(options, context);
  const rows = rowsOf(listed, today).filter((row) => options.all || isUsual(row));
  const { stdout, tell } = context;
  await stdout.write(
    options.format === 'json' ? jsonOf(rows, listed !== undefined) : textOf(rows, stdout.columns),
  );
  if (options.format === 'text') {
    tell({ type: 'modelsListed', pricesAsOf: PRICES_AS_OF, isAsked: listed !== undefined });
  }
  return { produced: 1, failures: [] };
}

async function listedBy(
  { baseUrl }: ModelsOptions,
  context: CommandContext,
): Promise<readonly ListedModel[]> {
  const { signals, tell } = context;
  const service = await openService(false, await context.settings({ baseUrl }), context);
  try {
    const { models } = await listModels(
      { ...service, timeoutMs: TIMEOUT_MS, retries: RETRIES },
      { signal: signals.stop, tell: (event) => tell({ ...event, image: '' }) },
    );
    return models;
  } finally {
    await service.close();
  }
}

/** The table's models in its order, then the others that the service lists. */
function rowsOf(listed: readonly ListedModel[] | undefined, today: Date): Row[] {
  const byName = new Map(listed?.map((model) => [model.name, model]));
  const known = modelNames();
  const others = [...byName.keys()].filter((name) => !known.includes(name)).toSorted();
  return [...known, ...others].map((model) => {
    const facts = factsOf(model, today);
    const entry = byName.get(model);
    return {
      model,
      facts,
      state: stateOf(model, facts, listed !== undefined && entry === undefined),
      batch: listed && (entry?.methods.includes('batchGenerateContent') ?? false),
      prices: pricesOf(model, today),
      thinking: thinkingLevelsOf(model),
    };
  });
}

function pricesOf(model: string, today: Date): Prices | undefined {
  const [standard, flex, batch, priority] = (
    ['standard', 'flex', 'batch', 'priority'] as const
  ).map((rate) => priceOf(model, today, rate));
  return standard && flex && batch && priority && { standard, flex, batch, priority };
}

function stateOf(model: string, facts: ModelFacts | undefined, isUnlisted: boolean): State {
  if (facts?.standing === 'retired') return 'retired';
  if (isUnlisted) return 'unlisted';
  return facts?.standing ?? (isAlias(model) ? 'alias' : 'unknown');
}

/** What one would choose from: models that are known, and answer a new project. */
function isUsual({ state }: Row): boolean {
  return state === 'stable' || state === 'previous' || state === 'preview';
}

/** The columns, each with its head. Flex and batches have one price. */
const COLUMNS: readonly (readonly [head: string, cell: (row: Row) => string])[] = [
  ['model', ({ model }) => safeLine(model)],
  ['state', ({ model, state }) => (isDefault(model, state) ? 'default' : state)],
  ['standard', ({ prices }) => pair(prices?.standard)],
  ['flex, batch', ({ prices }) => pair(prices?.flex)],
  ['priority', ({ prices }) => pair(prices?.priority)],
  ['batches', ({ batch }) => (batch ? 'yes' : 'no')],
  ['thinking (its default first)', ({ thinking }) => levelsOf(thinking)],
  ['to know', ({ facts, prices }) => noteOf(facts, prices?.standard)],
];

function textOf(rows: readonly Row[], width: number | undefined): string {
  if (rows.length === 0) return '';
  // Without the service, nobody knows which models take batches.
  const isAsked = rows.some(({ batch }) => batch !== undefined);
  const columns = COLUMNS.filter(([head]) => isAsked || head !== 'batches');
  const cells = rows.map((row) => columns.map(([, cell]) => cell(row)));
  return tableLines([columns.map(([head]) => head), ...cells], width);
}

function isDefault(model: string, state: State): boolean {
  return model === DEFAULT_MODEL && state === 'stable';
}

function levelsOf(thinking: Row['thinking']): string {
  if (thinking === undefined) return '';
  return thinking.length === 0 ? 'a budget' : thinking.join(' ');
}

/** Input and output, in dollars for a million tokens. */
function pair(price: Price | undefined): string {
  return price ? `${amount(price.input)} / ${amount(price.output)}` : '';
}

/** With cents, and with what is less than a cent: `0.30`, `12.00`, `0.125`. */
function amount(usd: number): string {
  const exact = String(Number(usd.toFixed(4)));
  const cents = usd.toFixed(2);
  return Number(cents) === Number(exact) ? cents : exact;
}

function noteOf(facts: ModelFacts | undefined, price: Price | undefined): string {
  if (!facts) return '';
  const { routedTo, shutdown, next } = facts;
  return [
    routedTo === undefined ? '' : `${routedTo} answers`,
    shutdown === undefined ? '' : `ends on ${shutdown} at the earliest`,
    next === undefined
      ? ''
      : `from ${next.from} ${'price' in next ? pair(next.price) : `${next.routedTo} answers`}`,
    price?.long ? `over ${price.long.above / 1000}k tokens ${pair(price.long)}` : '',
  ]
    .filter((part) => part !== '')
    .join('; ');
}

/** Absent facts are null, so that each model has the same fields. */
function jsonOf(rows: readonly Row[], isAsked: boolean): string {
  const models = rows.map(({ model, state, facts, batch, prices, thinking }) => ({
    model,
    state,
    default: model === DEFAULT_MODEL,
    routedTo: facts?.routedTo ?? null,
    shutdown: facts?.shutdown ?? null,
    prices: prices ?? null,
    next: facts?.next ?? null,
    thinking: thinking ?? null,
    batch: batch ?? null,
  }));
  const source = isAsked ? 'service' : 'table';
  return `${JSON.stringify({ pricesAsOf: PRICES_AS_OF, source, models }, null, 2)}\n`;
}

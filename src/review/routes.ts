// What the page can ask for, and what it can do.
import { setTimeout } from 'node:timers/promises';
import { GeminiImageError, usageError } from '../domain/error.js';
import { whyUnread } from '../domain/system-errors.js';
import type { AnswerValue, Change, ChangeResult, Found, Query, RowView, State } from './api.js';
import type { AskingAgain } from './asking-again.js';
import { isChange, type Keeper } from './keeper.js';
import type { LedgerView } from './ledger-view.js';
import { isOpen, QUERY_NAMES } from './matching.js';
import type { PictureMaker } from './pictures.js';
import { findReplaced } from './replacing.js';
import { objectIn, type Reply, type Routes } from './server.js';

export interface RoutesOptions {
  ledger: string;
  /** Tells this ledger from others of the same name. */
  id: string;
  by: string | undefined;
  view: LedgerView;
  keeper: Keeper;
  pictures: PictureMaker;
  /** What is wrong with an answer by the rules of its style; undefined if nothing is. */
  check: CheckAnswer;
  /** What is wrong with the fields of an answer by their schema. */
  checkField: (name: string, value: unknown) => string | undefined;
  asking: AskingAgain;
  /** Aborted when the server ends. */
  signal: AbortSignal;
}

/** Says what is wrong with an answer; undefined if nothing is, or no rules are known. */
export type CheckAnswer = (
  answer: { style: string | undefined; lang: string | undefined },
  value: AnswerValue,
) => string | undefined;

/** How often the ledger is looked at while a page is open, in milliseconds. */
const LOOK_MS = 700;
const MOST_ROWS = 400;
const A_DAY = 86_400;

export function createRoutes(options: RoutesOptions): Routes {
  const { view, keeper, asking } = options;
  const state = (): State => ({
    ledger: options.ledger,
    id: options.id,
    version: view.version,
    all: view.count,
    names: view.names,
    kept: keeper.kept.length,
    ...(keeper.kept.length > 0 && { holder: keeper.holder }),
    ...(options.by !== undefined && { by: options.by }),
    model: asking.model,
    ...(asking.now && { asking: asking.now }),
  });
  return {
    async get({ path, parameters, signal }): Promise<Reply | undefined> {
      switch (path) {
        case '/api/state':
          await view.refresh();
          return { status: 200, json: state() };
        case '/api/rows':
          return { status: 200, json: rowsAt(parameters, view) };
        case '/api/find':
          return { status: 200, json: await found(parameters, view, signal) };
        case '/api/counts':
          return { status: 200, json: await view.counts() };
        case '/api/events':
          return { events: (send, gone) => follow(send, state, gone, options) };
      }
      return picture(path, parameters, options, signal);
    },
    async post({ path, body }): Promise<Reply | undefined> {
      switch (path) {
        case '/api/changes':
          return { status: 200, json: await change(body, options) };
        case '/api/check':
          return { status: 200, json: { problem: check(body, options) ?? null } };
        case '/api/replace':
          return { status: 200, json: await findReplaced(body, view) };
        case '/api/ask/price':
          return { status: 200, json: await asking.price(body) };
        case '/api/ask':
          await asking.begin(body);
          return { status: 200, json: state() };
        case '/api/ask/stop':
          asking.stop();
          return { status: 200, json: state() };
      }
      return undefined;
    },
  };
}

/** The query in the parameters of an address. */
function queryIn(parameters: URLSearchParams): Query {
  const query: Record<string, string> = {};
  for (const name of QUERY_NAMES) {
    const value = parameters.get(name);
    if (value !== null && value !== '') query[name] = value.slice(0, 1000);
  }
  return query;
}

async function found(
  parameters: URLSearchParams,
  view: LedgerView,
  signal: AbortSignal,
): Promise<Found> {
  const query = queryIn(parameters);
  const { version } = view;
  if (isOpen(query)) return { version, total: view.count };
  const positions = await view.find(query, signal);
  return { version, positions: [...positions], total: positions.length };
}

/** Those of the rows that the page has in sight. */
function rowsAt(parameters: URLSearchParams, view: LedgerView): readonly RowView[] {
  const wanted = (parameters.get('at') ?? '').split(',').slice(0, MOST_ROWS);
  return wanted.flatMap((at) => (/^\d{1,10}$/.test(at) ? (view.view(Number(at)) ?? []) : []));
}

/** Tells the page what has changed, until it goes away. */
async function follow(
  send: (data: unknown) => void,
  state: () => State,
  gone: AbortSignal,
  { view, signal }: RoutesOptions,
): Promise<void> {
  let last = '';
  while (!gone.aborted && !signal.aborted) {
    let trouble: string | undefined;
    await view.refresh().catch((error: unknown) => {
      trouble = error instanceof GeminiImageError ? error.message : whyUnread(error);
    });
    const now: State = { ...state(), ...(trouble !== undefined && { trouble }) };
    const text = JSON.stringify(now);
    if (text !== last) send(now);
    last = text;
    await setTimeout(LOOK_MS, undefined, { signal: AbortSignal.any([gone, signal]) }).catch(
      () => undefined,
    );
  }
}

async function picture(
  path: string,
  parameters: URLSearchParams,
  { view, pictures }: RoutesOptions,
  signal: AbortSignal,
): Promise<Reply | undefined> {
  const [, position, number] = /^\/picture\/(\d+)\/(\d+)$/.exec(path) ?? [];
  const named = position === undefined ? undefined : view.row(Number(position));
  const wanted = named?.pictures[Number(number)];
  if (!wanted) return undefined;
  const size = parameters.get('size') === 'large' ? 'large' : 'small';
  try {
    const made = await pictures.make(wanted, size, signal);
    return { status: 200, ...made, maxAge: A_DAY };
  } catch (error) {
    if (!(error instanceof GeminiImageError)) throw error;
    return { status: 422, json: { why: error.message } };
  }
}

async function change(
  body: unknown,
  { view, keeper, checkField }: RoutesOptions,
): Promise<{ results: readonly ChangeResult[] }> {
  const changes = objectIn(body)?.changes;
  if (!Array.isArray(changes) || !changes.every(isChange)) throw usageError('that is no change');
  const wrong = new Map<string, string>();
  for (const { id, field, restore } of changes) {
    const problem = field && !restore && checkField(field.name, field.value);
    if (problem) wrong.set(id, `${field.name}: ${problem}`);
  }
  const good: Change[] = changes.filter(({ id }) => !wrong.has(id));
  const outcomes = await keeper.save(good);
  const results: ChangeResult[] = [...wrong].map(([id, why]) => ({ id, status: 'refused', why }));
  for (const outcome of outcomes) {
    const { id, position } = outcome.change;
    if (outcome.status === 'refused') {
      results.push({ id, status: 'refused', why: outcome.why });
      continue;
    }
    const row = view.view(position);
    if (!row) throw new Error('a change of no row');
    const replaced = outcome.status === 'saved' ? outcome.replaced : undefined;
    results.push({ id, status: outcome.status, row, ...(replaced && { replaced }) });
  }
  return { results };
}

function check(body: unknown, { check: checkAnswer, checkField }: RoutesOptions) {
  const { style, lang, value, field } = objectIn(body) ?? {};
  if (typeof field === 'string') return checkField(field, value);
  if (typeof value !== 'string' && !Array.isArray(value) && !objectIn(value)) return undefined;
  const answer = Array.isArray(value) ? value.map(String) : value;
  return checkAnswer(
    {
      style: typeof style === 'string' ? style : undefined,
      lang: typeof lang === 'string' ? lang : undefined,
    },
    typeof answer === 'string' || Array.isArray(answer) ? answer : (objectIn(answer) ?? ''),
  );
}

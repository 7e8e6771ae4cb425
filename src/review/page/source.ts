// Where the page has its rows from: the server, or the page itself if it is only shown.
import type {
  AskEstimate,
  AskQuestion,
  Change,
  ChangeResult,
  Counts,
  Found,
  Query,
  Replaced,
  Replacement,
  RowView,
  State,
} from '../api.js';

export interface Source {
  /** Which part of the address says what is looked at. A page from a file can change no other than its hash. */
  viewIn: 'search' | 'hash';
  state(): Promise<State>;
  find(query: Query): Promise<Found>;
  rows(positions: readonly number[]): Promise<readonly RowView[]>;
  counts(): Promise<Counts>;
  /** Calls back with each new state, and with undefined when the source is out of reach. */
  follow(onState: (state: State | undefined) => void): void;
  /** Absent if nothing can be changed. */
  work?: Work;
}

export interface Work {
  change(changes: readonly Change[]): Promise<readonly ChangeResult[]>;
  check(answer: {
    style?: string | undefined;
    lang?: string | undefined;
    value: unknown;
    field?: string;
  }): Promise<string | null>;
  replace(
    positions: readonly number[],
    replacement: Replacement,
  ): Promise<{ changes: readonly Replaced[]; isMore: boolean }>;
  price(question: AskQuestion): Promise<AskEstimate>;
  ask(question: AskQuestion): Promise<State>;
  stop(): Promise<State>;
}

/** The server answered, and said no. */
export class Refusal extends Error {}

async function get<Answer>(path: string): Promise<Answer> {
  return answerIn(await fetch(path));
}

async function post<Answer>(path: string, body: unknown): Promise<Answer> {
  return answerIn(
    await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  );
}

async function answerIn<Answer>(response: Response): Promise<Answer> {
  if (response.ok) return response.json();
  if (response.status === 422) {
    const { why, hint }: { why: string; hint?: string } = await response.json();
    throw new Refusal(hint === undefined ? why : `${why}. ${hint}`);
  }
  throw new Error(`the server answered ${response.status}`);
}

/** A query, or what changes in one: no text stands for anything. */
export type Looked = { [Name in keyof Query]?: string | undefined };

export function parametersOf(query: Looked): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) parameters.set(name, value);
  return parameters;
}

export const server: Source = {
  viewIn: 'search',
  state: () => get('/api/state'),
  find: (query) => get(`/api/find?${parametersOf(query)}`),
  rows: (positions) => get(`/api/rows?at=${positions.join(',')}`),
  counts: () => get('/api/counts'),
  follow(onState) {
    const events = new EventSource('/api/events');
    events.addEventListener('message', ({ data }) => {
      onState(JSON.parse(data));
    });
    events.addEventListener('error', () => {
      onState(undefined);
      // The browser gives up after an answer that is no stream, as from a server that was started anew.
      if (events.readyState !== EventSource.CLOSED) return;
      setTimeout(() => server.follow(onState), 1000);
    });
  },
  work: {
    change: async (changes) =>
      (await post<{ results: readonly ChangeResult[] }>('/api/changes', { changes })).results,
    check: async (answer) => (await post<{ problem: string | null }>('/api/check', answer)).problem,
    replace: (positions, replacement) => post('/api/replace', { positions, replacement }),
    price: (question) => post('/api/ask/price', question),
    ask: (question) => post('/api/ask', question),
    stop: () => post('/api/ask/stop', {}),
  },
};

/** A running `gemini-image review`, and the page's requests to it. */
import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import type { Change, ChangeResult, Found, RowView, State } from '../../src/review/api.js';
import { start } from './command.js';

export interface ReviewPage {
  /** With the token. */
  url: string;
  port: number;
  child: ReturnType<typeof start>['child'];
  finished: ReturnType<typeof start>['finished'];
  get<Answer>(path: string): Promise<Answer>;
  post<Answer>(path: string, body: unknown): Promise<{ status: number; json: Answer }>;
  rows(...positions: number[]): Promise<readonly RowView[]>;
  find(query: string): Promise<Found>;
  state(): Promise<State>;
  change(change: Partial<Change> & { position: number }): Promise<ChangeResult | undefined>;
}

/** Starts the command as a process of its own. */
export async function startReview(
  folder: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<ReviewPage> {
  const running = start(['review', ...args, '--no-open'], { cwd: folder, env });
  let url = '';
  await running.printed((stdout) => {
    url = stdout.trim();
    return stdout.endsWith('\n');
  });
  const { port, origin, searchParams } = new URL(url);
  const cookie = `gemini-image-review-${port}=${searchParams.get('token')}`;
  const get = async <Answer>(path: string): Promise<Answer> => {
    const answer = await fetch(origin + path, { headers: { cookie } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    const json: Answer = JSON.parse(await answer.text());
    return json;
  };
  const post = async <Answer>(path: string, body: unknown) => {
    const answer = await fetch(origin + path, {
      method: 'POST',
      headers: { cookie, origin, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const json: Answer = JSON.parse(await answer.text());
    return { status: answer.status, json };
  };
  let changes = 0;
  return {
    ...{ url, port: Number(port), get, post },
    child: running.child,
    finished: running.finished,
    rows: (...positions) => get(`/api/rows?at=${positions.join(',')}`),
    find: (query) => get(`/api/find?${query}`),
    state: () => get('/api/state'),
    async change(change) {
      const [row] = await get<readonly RowView[]>(`/api/rows?at=${change.position}`);
      changes += 1;
      const about = {
        id: randomUUID(),
        names: row?.pictures.map(({ name }) => name) ?? [],
        at: new Date(Date.UTC(2026, 0, 1, 0, 0, changes)).toISOString(),
      };
      const { json } = await post<{ results: readonly ChangeResult[] }>('/api/changes', {
        changes: [{ ...about, ...change }],
      });
      return json.results[0];
    },
  };
}

/** Asks with headers that fetch would not let through. */
export function ask(
  port: number,
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]> }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, headers, method }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers });
    });
    request.once('error', reject).end();
  });
}

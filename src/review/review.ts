// `gemini-image review`: the page over a ledger, until Ctrl-C.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { platform } from 'node:os';
import { resolve } from 'node:path';
import { GeminiImageError } from '../domain/error.js';
import type { CommandContext, Tally } from '../run/context.js';
import { AskingAgain, type AskRun } from './asking-again.js';
import { journalPath, Keeper } from './keeper.js';
import { openLedgerView } from './ledger-view.js';
import { readPageFiles } from './page-files.js';
import { pictureMaker } from './pictures.js';
import { type CheckAnswer, createRoutes } from './routes.js';
import { startServer } from './server.js';

export interface ReviewOptions {
  ledger: string;
  /** Whose changes these are. */
  by: string | undefined;
  /** Undefined for one that stays the same for this ledger, if it is free. */
  port: number | undefined;
  /** Whether the page is opened in a browser. */
  opens: boolean;
  check: CheckAnswer;
  /** What is known of the fields by their schema. */
  fields: FieldRules | undefined;
  ask: AskRun;
  /** The model that is asked again. */
  model: string;
  /** @throws GeminiImageError if there is no key to ask it with. */
  expectKey(): Promise<void>;
}

/** What a schema says about fields. */
export interface FieldRules {
  check(name: string, value: unknown): string | undefined;
  choicesOf(name: string): readonly string[] | undefined;
}

/**
 * Serves the page until it is interrupted, which is its normal end.
 *
 * @throws GeminiImageError of kind `usage` if the ledger cannot be read, or the port is not free.
 */
export async function review(options: ReviewOptions, context: CommandContext): Promise<Tally> {
  const { ledger, by, fields } = options;
  const { tell, stdout, signals } = context;
  const end = new AbortController();
  const { signal } = end;
  const view = await openLedgerView(ledger, {
    signal: signals.abort,
    tell,
    choicesOf: fields && ((name) => fields.choicesOf(name)),
  });
  const keeper = new Keeper(ledger, view, { by, signal });
  const { model, expectKey } = options;
  const asking = new AskingAgain({ ledger, view, run: options.ask, model, expectKey, context });
  try {
    await view.refresh();
    const before = await keeper.begin();
    if (before > 0) tell({ type: 'reviewTakenUp', ledger, changes: before });
    const folder = await (await context.settings({})).cacheFolder().catch(() => undefined);
    const routes = createRoutes({
      ...{ ledger, id: digestOf(ledger).toString('hex', 0, 8) },
      ...{ by, view, keeper, asking, signal },
      pictures: pictureMaker(ledger, folder),
      check: options.check,
      checkField: fields ? (name, value) => fields.check(name, value) : () => undefined,
    });
    const server = await startServer(
      portsFor(ledger, options.port),
      await readPageFiles(),
      routes,
      (error) => tell({ type: 'failed', error: bugOf(error) }),
    );
    try {
      await stdout.write(`${server.url}\n`);
      tell({ type: 'reviewOpened', ledger, rows: view.count });
      if (options.opens) openInBrowser(server.url);
      await interrupted(signals.abort);
    } finally {
      end.abort();
      await server.close();
    }
  } finally {
    await asking.end();
    await keeper.end();
    const { length: left } = keeper.kept;
    if (left > 0) tell({ type: 'reviewLeft', changes: left, path: journalPath(ledger) });
    await view.close();
  }
  return { produced: 0, failures: ['interrupted'] };
}

function interrupted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }));
}

const FIRST_PORT = 20_000;
const PORTS = 20_000;
/** Other programs may have some of them. */
const TRIED_PORTS = 8;

/**
 * The page keeps in the browser where it was, and what it could not send yet. The browser keeps that
 * by address, so that the address of a ledger stays the same.
 */
function portsFor(ledger: string, port: number | undefined): readonly number[] {
  if (port !== undefined) return [port];
  const first = digestOf(ledger).readUInt32BE() % PORTS;
  const own = Array.from({ length: TRIED_PORTS }, (_, at) => FIRST_PORT + ((first + at) % PORTS));
  return [...own, 0];
}

function digestOf(ledger: string): Buffer {
  return createHash('sha256').update(resolve(ledger)).digest();
}

/** Nothing depends on it: the address is printed, too. */
function openInBrowser(url: string): void {
  const [program, ...args] = OPENERS[platform()] ?? ['xdg-open'];
  const opener = spawn(program ?? 'xdg-open', [...args, url], { stdio: 'ignore', detached: true });
  opener.on('error', () => {});
  opener.unref();
}

const OPENERS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

function bugOf(cause: unknown): GeminiImageError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new GeminiImageError({ kind: 'internal', message: `a bug: ${message}`, cause });
}

/** Google's SDK by itself, in a process of its own, for showing what it does wrong. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { KEY, QUESTION } from './ask.js';

export interface BareResult {
  /** What the script returned; a failure's message and cause where it threw. */
  value: unknown;
  /** The messages of promises that failed with nobody to hear of it; a program crashes on them. */
  unhandled: readonly string[];
}

let child: ChildProcess | undefined;

/**
 * Runs a script in which `model(requestOptions)` is the SDK's model, pointed to the server, and
 * `prompt` is something to ask. One process serves all scripts, so they must not overlap.
 */
export async function bareSdk(
  server: { url: string },
  script: string,
  apiKey = KEY,
): Promise<BareResult> {
  child ??= fork(fileURLToPath(new URL('bare-sdk-child.mjs', import.meta.url)), { execArgv: [] });
  child.send({ script, apiKey, baseUrl: server.url, modelName: QUESTION.model });
  const [result] = await once(child, 'message');
  return result;
}

/** Ends the SDK's process; for `afterAll`. */
export function endBareSdk(): void {
  child?.kill();
  child = undefined;
}

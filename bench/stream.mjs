import { once } from 'node:events';
import { now } from './clock.mjs';
import { pieces } from './pieces.mjs';

const STALL_MS = 2000;

/**
 * Reads one streamed answer in lock-step: the server writes an event only when the text of the one
 * before has come out of the command's stdout. A command that holds an event back stalls, and is
 * ended after two seconds.
 *
 * @returns whether it stalled and, for each event that came through, the milliseconds from the
 *   server's write to the first character of its text on stdout.
 */
export async function readInLockStep(child, service) {
  let text = '';
  let stderr = '';
  let stalled = false;
  const seenAt = [];
  const timer = setTimeout(() => {
    stalled = true;
    child.kill('SIGKILL');
    for (const pipe of [child.stdout, child.stderr]) pipe.destroy();
  }, STALL_MS);

  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    const at = now();
    const before = pieces.slice(0, seenAt.length).join('').length;
    if (seenAt.length < pieces.length && text.length === before) seenAt.push(at);
    text += chunk;
    const whole = pieces.slice(0, seenAt.length).join('').length;
    if (text.length < whole) return;
    timer.refresh();
    service.nextEvent();
  });

  const [status] = await once(child, 'close');
  clearTimeout(timer);
  const writtenAt = await service.streamReport();
  const delays = seenAt.map((at, index) => at - writtenAt[index]);
  if (stalled) return { stalled, delays };
  if (status !== 0) throw new Error(`the stream exited ${status}\n${stderr}`);
  if (text.trimEnd() !== pieces.join('')) throw new Error(`the stream gave other text: ${text}`);
  return { stalled, delays };
}

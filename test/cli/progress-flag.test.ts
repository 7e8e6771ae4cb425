import { expect, test } from 'vitest';
import { handClock } from '../support/hand-clock.js';
import { runInProcess } from '../support/in-process.js';
import { answer, sendJson, serve } from '../support/scripted-server.js';

/** What a run of two minutes over two pictures writes to stderr. */
async function progressWith(...args: string[]): Promise<string> {
  const time = handClock();
  const server = await serve((response) => {
    time.pass(65_000);
    sendJson(response, 200, answer('A boat.'));
  });
  const pictures = ['fixtures/small.png', 'fixtures/turned.jpg'];
  const { stderr } = await runInProcess(['describe', ...pictures, '-c', '1', ...args], {
    env: server.env,
    clock: time,
  });
  return stderr;
}

const MINUTE = /^gemini-image: \d of 2 done|^gemini-image: \d done/m;
const REDRAWN = '\r\u001b[2K';

test('--progress chooses between plain lines, a line that is redrawn, and nothing', async () => {
  expect(await progressWith()).toMatch(MINUTE);
  const plain = await progressWith('--progress', 'plain');
  expect(plain).toMatch(MINUTE);
  expect(plain).not.toContain(REDRAWN);
  expect(await progressWith('--progress', 'line')).toContain(REDRAWN);
  const off = await progressWith('--progress', 'off');
  expect(off).not.toMatch(MINUTE);
  expect(off).not.toContain(REDRAWN);
  expect(off).toContain('2 described');
});

/** A limit of the service that may pass, on the command line: who waits for it, and who hears of it. */
import { expect, test } from 'vitest';
import { album, nameOf } from '../support/album.js';
import { runInProcess } from '../support/in-process.js';
import { answer, sendJson, serve } from '../support/scripted-server.js';

const PHOTO = `photos/${nameOf(0)}`;

/** Refuses so many calls, and wants each to be waited for as short as it can say. */
const refusing = (count: number) =>
  serve((response, at) => {
    if (at >= count) return sendJson(response, 200, answer('A boat.'));
    const message = 'Resource has been exhausted (e.g. check quota). Please retry in 1ms.';
    sendJson(response, 429, { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message } });
  });

test('one picture waits for it beyond the usual retries, and says so once', async () => {
  const cwd = await album(1);
  const server = await refusing(7);
  const { code, stdout, stderr } = await runInProcess(['describe', PHOTO], {
    ...{ cwd, env: server.env },
  });
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'A boat.\n' });
  expect(stderr.match(/Waiting until it passes, up to ten minutes/g)).toHaveLength(1);
  expect(server.requests).toHaveLength(8);
});

test.each(['0', '2'])('--retries %s ends the wait with exit code 5', async (retries) => {
  const cwd = await album(1);
  const server = await refusing(99);
  const { code, stderr } = await runInProcess(['describe', PHOTO, '--retries', retries], {
    ...{ cwd, env: server.env },
  });
  expect(code).toBe(5);
  expect(stderr).toContain('(429)');
  expect(stderr).not.toContain('Waiting');
  expect(server.requests).toHaveLength(Number(retries) + 1);
});

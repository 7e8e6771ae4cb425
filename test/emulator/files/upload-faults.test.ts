import { expect, onTestFinished, test } from 'vitest';
import { startEmulator } from '../../../src/emulator/emulator.js';
import type { UploadFault } from '../../../src/emulator/files/upload-faults.js';
import { fixture, send } from '../client.js';
import { command, KIB_256, open, pattern, sha256, upload } from '../upload-client.js';

const BYTES = pattern(3 * KIB_256);
const chunk = (from: number, to: number) => BYTES.subarray(from * KIB_256, to * KIB_256);

/** The URL of an emulator with faults, on which files are processed at once. */
async function emulator(...uploadFaults: UploadFault[]): Promise<string> {
  const { url, close } = await startEmulator({ uploadFaults, processingMs: 0 });
  onTestFinished(close);
  return url;
}

async function stateOf(url: string, name: string): Promise<string> {
  const { json } = await send(`${url}/v1beta/${name}`, { headers: { 'x-goog-api-key': 'k' } });
  return json.state;
}

test('cut breaks the connection in the middle of a chunk, once', async () => {
  const to = await open(await emulator({ kind: 'cut', nth: 2 }), 'text/plain', BYTES.length);
  await command(to, 'upload', 0, chunk(0, 1));
  await expect(command(to, 'upload', KIB_256, chunk(1, 2))).rejects.toThrow('fetch failed');
  const { headers } = await command(to, 'query');
  expect(headers.get('x-goog-upload-size-received')).toBe(String(1.5 * KIB_256));
  const rest = BYTES.subarray(1.5 * KIB_256);
  const { json } = await command(to, 'upload, finalize', 1.5 * KIB_256, rest);
  expect(json.file.sha256Hash).toBe(sha256(BYTES));
});

test.each([503, 429, 502])('a chunk is refused with %i, once, and not kept', async (status) => {
  const url = await emulator({ kind: 'refused', nth: 2, status });
  const to = await open(url, 'text/plain', BYTES.length);
  await command(to, 'upload', 0, chunk(0, 1));
  expect((await command(to, 'upload', KIB_256, chunk(1, 2))).status).toBe(status);
  const { headers } = await command(to, 'query');
  expect(headers.get('x-goog-upload-size-received')).toBe(String(KIB_256));
  expect((await command(to, 'upload, finalize', KIB_256, chunk(1, 3))).status).toBe(200);
});

test.each(['upload, finalize', 'finalize'])(
  'the reply to %j is lost, the file is not',
  async (last) => {
    const to = await open(await emulator({ kind: 'lost', nth: 1 }), 'text/plain', BYTES.length);
    if (last === 'finalize') await command(to, 'upload', 0, BYTES);
    const end = last === 'finalize' ? command(to, last) : command(to, last, 0, BYTES);
    await expect(end).rejects.toThrow('fetch failed');
    const { headers, json } = await command(to, 'query');
    expect(headers.get('x-goog-upload-status')).toBe('final');
    expect(json.file).toMatchObject({ state: 'ACTIVE', sha256Hash: sha256(BYTES) });
  },
);

test('one file fails, one stays PROCESSING, and others are not affected', async () => {
  const url = await emulator({ kind: 'failed', nth: 1 }, { kind: 'stuck', nth: 3 });
  const states: string[] = [];
  for (let count = 0; count < 4; count += 1) {
    const { name } = await upload(url, 'image/png', fixture('small.png'));
    states.push(await stateOf(url, name));
  }
  expect(states).toEqual(['FAILED', 'ACTIVE', 'PROCESSING', 'ACTIVE']);
});

test('a share of the POST requests fails for uploads as well', async () => {
  const failures = [{ status: 503, share: 0.5 }];
  const { url, close } = await startEmulator({ fail: failures });
  onTestFinished(close);
  const to = await open(url, 'text/plain', BYTES.length);
  const statuses: number[] = [];
  for (let count = 0; count < 3; count += 1) {
    statuses.push((await command(to, 'upload', 0, BYTES)).status);
  }
  expect(statuses).toEqual([503, 200, 503]);
});

test.each<UploadFault>([
  { kind: 'cut', nth: 0 },
  { kind: 'failed', nth: 1.5 },
  { kind: 'refused', nth: 1, status: 200 },
])('%j cannot be', async (fault) => {
  await expect(startEmulator({ uploadFaults: [fault] })).rejects.toThrow(RangeError);
});

import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type EmulatorOptions, startEmulator } from '../../src/emulator/emulator.js';
import type { UploadFault } from '../../src/emulator/files/upload-faults.js';
import { start } from '../support/command.js';
import { fixture } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { KEY, saying } from '../support/scripted-server.js';

let folder: string;
/** A file of 20 MB that begins with a picture; with `--original` all of it is sent. */
let large: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gemini-image-'));
  large = join(folder, 'large.jpg');
  copyFileSync(fixture('small.jpg'), large);
  truncateSync(large, 20_000_000);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The emulator, and the files that lie with it. */
async function emulator(options: EmulatorOptions = {}) {
  const { url, close } = await startEmulator(options);
  onTestFinished(close);
  const env = { GEMINI_API_KEY: KEY, GOOGLE_GEMINI_BASE_URL: url };
  const files = async () => {
    const headers = { 'x-goog-api-key': KEY };
    const response = await fetch(`${url}/v1beta/files`, { headers });
    const { files: list = [] } = (await response.json()) as { files?: object[] };
    return list;
  };
  return { env, files };
}

const described = /^\[offline\] A JPEG picture of 96 × 64 pixels/;

describe('a picture that is too large for a request', () => {
  test('is uploaded, described, and deleted again', async () => {
    const { env, files } = await emulator();
    const { stdout, stderr, code } = await runInProcess(
      ['describe', large, '--original', '-f', 'json'],
      {
        env,
      },
    );
    expect([code, stderr]).toEqual([0, '']);
    const { text, sent } = JSON.parse(stdout);
    expect(text).toMatch(described);
    expect(sent).toMatchObject({ mimeType: 'image/jpeg', width: 96, bytes: 20_000_000 });
    expect(await files()).toEqual([]);
  });

  test('is described offline and from a pipe too', async () => {
    const stdin = readFileSync(large);
    const { stdout, code } = await runInProcess(
      ['describe', '--original', '--offline', '--stream'],
      {
        stdin,
      },
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(described);
  });

  test.each<UploadFault>([
    { kind: 'cut', nth: 2 },
    { kind: 'refused', nth: 1, status: 503 },
    { kind: 'lost', nth: 1 },
  ])('survives $kind:$nth', async (fault) => {
    const { env, files } = await emulator({ uploadFaults: [fault] });
    const { stdout, code } = await runInProcess(['describe', large, '--original'], { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(described);
    expect(await files()).toEqual([]);
  });

  test('is deleted if the service cannot read it', async () => {
    const { env, files } = await emulator({ uploadFaults: [{ kind: 'failed', nth: 1 }] });
    const { stdout, stderr, code } = await runInProcess(['describe', large, '--original'], { env });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('large.jpg: Google could not read the uploaded picture');
    expect(await files()).toEqual([]);
  });

  test('is deleted if there is no answer about it', async () => {
    const { env, files } = await emulator();
    const { code } = await runInProcess(
      ['describe', large, '--original', '-m', 'gemini-1.5-flash'],
      {
        env,
      },
    );
    expect(code).toBe(2);
    expect(await files()).toEqual([]);
  });

  test('is deleted after Ctrl-C', async () => {
    const { env, files } = await emulator({ processingMs: 600_000 });
    const { child, finished } = start(['describe', large, '--original'], { env });
    while ((await files()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    expect(await finished).toMatchObject({ code: 130, stdout: '' });
    expect(await files()).toEqual([]);
  });

  test('that is never ready fails after --timeout, and is deleted', async () => {
    const { env, files } = await emulator({ uploadFaults: [{ kind: 'stuck', nth: 1 }] });
    const { code, stderr } = await runInProcess(
      ['describe', large, '--original', '--timeout', '3'],
      {
        env,
      },
    );
    expect(code).toBe(6);
    expect(stderr).toContain('Google was still preparing the picture after 3 s');
    expect(await files()).toEqual([]);
  });

  test('is counted, and not uploaded, with --dry-run', async () => {
    const { env, requests } = await saying('A boat.');
    const { stdout, code } = await runInProcess(['describe', large, '--original', '--dry-run'], {
      env,
    });
    expect(code).toBe(0);
    const [picture] = JSON.parse(stdout).body.contents[0].parts;
    expect(picture.fileData.fileUri).toMatch(/^<uploaded first: \d+ bytes>$/);
    expect(requests).toHaveLength(0);
  });
});

test('of several pictures in one request, only those that do not fit are uploaded', async () => {
  const args = [
    'describe',
    fixture('small.jpg'),
    large,
    fixture('small.png'),
    '--together',
    '--original',
  ];
  const preview = await runInProcess([...args, '--dry-run']);
  const parts: object[] = JSON.parse(preview.stdout).body.contents[0].parts;
  expect(parts.map((part) => Object.keys(part)[0])).toEqual([
    'text',
    'inlineData',
    'text',
    'fileData',
    'text',
    'inlineData',
    'text',
  ]);
  const { env, files } = await emulator();
  const { stdout, code } = await runInProcess(args, { env });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\[offline\] 3 pictures\./);
  expect(await files()).toEqual([]);
});

test('of several pictures in one request, the error names the one that could not be uploaded', async () => {
  const { env, files } = await emulator({ uploadFaults: [{ kind: 'failed', nth: 1 }] });
  const args = ['describe', fixture('small.jpg'), large, '--together', '--original'];
  const { stderr, code } = await runInProcess(args, { env });
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /^gemini-image: \S+large\.jpg: Google could not read the uploaded picture/,
  );
  expect(await files()).toEqual([]);
});

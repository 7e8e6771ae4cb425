import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../support/command.js';
import { fixture, temporaryFolder } from '../support/files.js';
import { saying } from '../support/scripted-server.js';
import { webServer } from '../support/web-server.js';

/** Describes what the arguments name, and returns the records with all else that came of it. */
async function describes(args: readonly string[], cwd: string) {
  const { env, requests } = await saying('A boat.');
  const { stdout, stderr, code } = await run(['describe', ...args, '-f', 'jsonl'], { cwd, env });
  const records = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  return { images: records.map(({ image }) => image), records, stderr, code, requests };
}

test('addresses and files can be mixed', async () => {
  const { url } = await webServer({ '/b.jpg': { file: fixture('small.jpg') } });
  const folder = temporaryFolder();
  copyFileSync(fixture('small.png'), join(folder, 'a.png'));
  const inputs = [`${url}/b.jpg?size=1`, 'a.png'];
  const { images, code } = await describes([...inputs, '--allow-private-hosts'], folder);
  expect(images).toEqual(inputs);
  expect(code).toBe(0);
});

describe('addresses', () => {
  test('are fetched by us, and no key goes along', async () => {
    const { url, requests } = await webServer({
      '/a.png': { redirect: '/b.png' },
      '/b.png': { file: fixture('small.png') },
    });
    const { records } = await describes(
      [`${url}/a.png`, '--allow-private-hosts'],
      temporaryFolder(),
    );
    expect(records).toMatchObject([{ image: `${url}/a.png`, status: 'ok', mimeType: 'image/png' }]);
    expect(requests.map(({ path }) => path)).toEqual(['/a.png', '/b.png']);
    for (const { headers } of requests) {
      expect(headers['user-agent']).toMatch(/^gemini-image\/\d+\.\d+\.\d+$/);
      expect(Object.keys(headers)).not.toContain('x-goog-api-key');
      expect(Object.keys(headers)).not.toContain('cookie');
    }
  });

  test('of this machine are refused without a connection', async () => {
    const web = await webServer({ '/a.png': { file: fixture('small.png') } });
    const { code, stderr } = await describes([`${web.url}/a.png?token=s3cr3t`], temporaryFolder());
    expect(code).toBe(2);
    expect(stderr.startsWith(`gemini-image: ${web.url}/a.png: `)).toBe(true);
    expect(stderr).toContain('--allow-private-hosts');
    expect(stderr).not.toContain('s3cr3t');
    expect(web.connections()).toBe(0);
  });

  test.each([
    ['http://user:s3cr3t@127.0.0.1:9/a.png', 2],
    ['http://127.0.0.1:9/a.png', 6],
  ])('%s cannot be fetched: exit %i', async (address, exitCode) => {
    const args = [address, '--allow-private-hosts', '--retries', '0'];
    const { code, stderr } = await describes(args, temporaryFolder());
    expect(code).toBe(exitCode);
    expect(stderr).not.toContain('s3cr3t');
  });

  test('that lead to no picture are an error', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'notes.txt'), 'A list of what to buy.\n');
    const { url } = await webServer({ '/notes': { file: join(folder, 'notes.txt') } });
    const names = [`${url}/notes`, `${url}/nothere`];
    const { code, stderr } = await describes([...names, '--allow-private-hosts'], folder);
    expect(code).toBe(2);
    expect(stderr).toContain(`${url}/notes: it is text, not a picture`);
    expect(stderr).toMatch(/nothere: .*404/);
  });
});

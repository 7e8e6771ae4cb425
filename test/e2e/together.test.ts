import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fixture, temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { failing, saying } from '../support/scripted-server.js';

const PROMPT = ['-p', 'What has changed?'];

/** Two pictures in a folder. */
function pair() {
  return temporaryFolder({ 'before.png': 'small.png', 'after.jpg': 'small.jpg' });
}

describe('--together', () => {
  test('asks once: each picture after its name, in order, and then the prompt', async () => {
    const { env, requests } = await saying('The boat is red now.');
    const cwd = pair();
    const args = ['describe', 'before.png', 'after.jpg', '--together', ...PROMPT];
    const { stdout, stderr, code } = await runInProcess(args, { cwd, env });
    expect({ stdout, code }).toEqual({ stdout: 'The boat is red now.\n', code: 0 });
    expect(stderr).toMatch(/^1 answered\ntook /);
    expect(requests).toHaveLength(1);
    const data = (name: string) => readFileSync(join(cwd, name)).toString('base64');
    expect(requests[0]?.json.contents).toEqual([
      {
        role: 'user',
        parts: [
          { text: 'before.png' },
          { inlineData: { mimeType: 'image/png', data: data('before.png') } },
          { text: 'after.jpg' },
          { inlineData: { mimeType: 'image/jpeg', data: data('after.jpg') } },
          { text: 'What has changed?' },
        ],
      },
    ]);
  });

  test.each(['json', 'jsonl'])('gives one record with all pictures as %s', async (format) => {
    const { env } = await saying('The boat is red now.');
    const args = ['describe', 'before.png', 'after.jpg', '--together', '-f', format];
    const { stdout } = await runInProcess(args, { cwd: pair(), env });
    const record = JSON.parse(stdout);
    expect(record).toMatchObject({
      images: [
        { image: 'before.png', mimeType: 'image/png', width: 96, sent: { changes: [] } },
        { image: 'after.jpg', mimeType: 'image/jpeg', width: 96, sent: { changes: [] } },
      ],
      status: 'ok',
      text: 'The boat is red now.',
      usage: { inputTokens: 1130 },
    });
    expect(record.image).toBeUndefined();
  });

  test('streams the one answer', async () => {
    const args = ['describe', 'before.png', 'after.jpg', '--together', '--stream', '--offline'];
    const { stdout, code } = await runInProcess(args, { cwd: pair() });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^\[offline\] 2 pictures\. before\.png: a PNG .* after\.jpg: a JPEG .*\n$/,
    );
  });

  test('recognizes a picture only by its name, whatever its metadata', async () => {
    const { env, requests } = await saying('A small boat.');
    const cwd = temporaryFolder({ 'a.jpg': 'small.jpg' });
    const describe = (name: string) =>
      runInProcess(['describe', name, '--together', '-o', 'out.jsonl'], { cwd, env });
    expect((await describe('a.jpg')).code).toBe(0);
    const jpeg = readFileSync(join(cwd, 'a.jpg'));
    const comment = Buffer.from('\xff\xfe\0\x09by Anna', 'latin1');
    writeFileSync(
      join(cwd, 'a.jpg'),
      Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]),
    );
    expect(await describe('a.jpg')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('there is an answer already in out.jsonl'),
    });
    expect(requests).toHaveLength(1);
    renameSync(join(cwd, 'a.jpg'), join(cwd, 'b.jpg'));
    expect((await describe('b.jpg')).code).toBe(0);
    // Its name is sent with it, and so it is another question.
    expect(requests).toHaveLength(2);
  });

  test('asks nothing if a picture is missing, and says which', async () => {
    const { env, requests } = await saying('A boat.');
    const args = ['describe', 'before.png', 'nothere.png', '--together', '-f', 'json'];
    const { stdout, stderr, code } = await runInProcess(args, { cwd: pair(), env });
    expect(code).toBe(2);
    expect(stderr).toBe('gemini-image: nothere.png: no such file\n');
    expect(JSON.parse(stdout)).toMatchObject({
      images: [{ image: 'before.png' }, { image: 'nothere.png' }],
      status: 'failed',
      error: { kind: 'input', message: 'nothere.png: no such file' },
    });
    expect(requests).toHaveLength(0);
  });

  test('takes folders', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'pics'));
    for (const name of ['b10.png', 'b9.png'])
      copyFileSync(fixture('small.png'), join(cwd, 'pics', name));
    const { env, requests } = await saying('Two boats.');
    expect((await runInProcess(['describe', 'pics', '--together'], { cwd, env })).stdout).toBe(
      'Two boats.\n',
    );
    const { parts } = requests[0]?.json.contents[0] ?? {};
    expect([parts[0], parts[2]]).toEqual([{ text: 'pics/b9.png' }, { text: 'pics/b10.png' }]);
  });

  test('fails with the code of the one call', async () => {
    const { env } = await failing(403, 'PERMISSION_DENIED', 'No.');
    const args = ['describe', 'before.png', 'after.jpg', '--together'];
    const { stdout, code } = await runInProcess(args, { cwd: pair(), env });
    expect([code, stdout]).toEqual([4, '']);
  });

  test('refuses more than 3600 pictures before any call', async () => {
    const cwd = temporaryFolder();
    for (let i = 0; i <= 3600; i += 1) copyFileSync(fixture('small.png'), join(cwd, `${i}.png`));
    const { env, requests } = await saying('Many boats.');
    const { code, stderr } = await runInProcess(['describe', '.', '--together'], { cwd, env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^gemini-image: there are more than 3600 pictures/);
    expect(requests).toHaveLength(0);
  });
});

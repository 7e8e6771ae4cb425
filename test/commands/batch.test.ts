/** `gemini-image batch`: what it lists, ends and removes at the service. */
import { describe, expect, test } from 'vitest';
import { all, batchWorld } from '../gemini/batches/support.js';
import { KEY } from '../support/ask.js';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { serve } from '../support/scripted-server.js';

/** A command line, asked at noon and 65 minutes. */
const at =
  (url: string, key = KEY) =>
  (...args: string[]) =>
    runInProcess(['batch', ...args], {
      cwd: temporaryFolder(),
      env: { GEMINI_API_KEY: key, GOOGLE_GEMINI_BASE_URL: url },
      today: new Date('2026-11-28T13:05:00Z'),
    });

async function jobs() {
  const world = await batchWorld();
  return { ...world, batch: at(world.url) };
}

describe('batch list', () => {
  test('shows state, size, age and name of each job, the newest first', async () => {
    const { created, end, batch } = await jobs();
    const first = await created(['a']);
    await end(first.name);
    const second = await created(['a', 'b']);
    expect(await batch('list')).toMatchObject({
      code: 0,
      stdout:
        `pending    2 questions  1 h 5 min ago  ${second.name}  mine\n` +
        `succeeded  1 question   1 h 5 min ago  ${first.name}  mine\n`,
      stderr: '',
    });
  });

  test('as JSON has the same fields for every job', async () => {
    const { created, batch } = await jobs();
    const { name } = await created(['a']);
    const { stdout } = await batch('list', '-f', 'json');
    expect(JSON.parse(stdout)).toEqual([
      {
        job: name,
        state: 'pending',
        name: 'mine',
        model: 'gemini-3.5-flash-lite',
        questions: 1,
        created: '2026-11-28T12:00:00.000Z',
        ended: null,
      },
    ]);
  });

  test('says where there is none', async () => {
    const { batch } = await jobs();
    expect(await batch('list')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'there is no batch job\n',
    });
    expect((await batch('list', '-f', 'json')).stdout).toBe('[]\n');
  });

  test('makes names of others harmless', async () => {
    const displayName = 'a\u001b[2Jb\nc';
    const server = await serve((response) => {
      response.setHeader('content-type', 'application/json');
      const metadata = { displayName, state: 'BATCH_STATE_RUNNING' };
      response.end(JSON.stringify({ operations: [{ name: 'batches/x', metadata }] }));
    });
    const { stdout } = await at(server.url)('list');
    expect(stdout.split('\n')).toHaveLength(2);
    expect(stdout).not.toContain('\u001b');
  });

  test('ends with the code of what went wrong', async () => {
    const server = await serve((response) => {
      response.writeHead(400, { 'content-type': 'application/json' });
      const details = [{ reason: 'API_KEY_INVALID' }];
      response.end(JSON.stringify({ error: { code: 400, message: `No: ${KEY}`, details } }));
    });
    const refused = await at(server.url)('list');
    expect(refused.code).toBe(4);
    expect(refused.stderr).not.toContain(KEY);
    expect((await at(server.url, '')('list')).code).toBe(4);
  });
});

describe('batch cancel', () => {
  test('ends jobs, and says what was over before', async () => {
    const { created, batch, client } = await jobs();
    const { name } = await created(['a']);
    expect(await batch('cancel', name)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: `${name} is being cancelled; it was pending\n`,
    });
    expect(await client.get(name)).toMatchObject({ state: 'cancelled' });
    expect(await batch('cancel', name)).toMatchObject({
      code: 0,
      stderr: `${name} has ended before: cancelled\n`,
    });
  });

  test.each([
    ['of nobody', 'batches/nothere', /there is no job batches\/nothere for this key/],
    ['that is none', 'jobs/1', /jobs\/1 is no name of a batch job, and has no jobs beside it/],
  ])('knows no job %s', async (_, name, words) => {
    const { batch } = await jobs();
    const { code, stderr } = await batch('cancel', name);
    expect(code).toBe(2);
    expect(stderr).toMatch(words);
  });
});

describe('batch delete', () => {
  test('removes a finished job', async () => {
    const { created, end, batch, client } = await jobs();
    const { name } = await created(['a']);
    await end(name);
    expect(await batch('delete', name)).toMatchObject({
      code: 0,
      stderr: `${name} is deleted\n`,
    });
    await expect(client.get(name)).rejects.toMatchObject({ httpStatus: 404 });
  });

  test('leaves a job on its way, which would go on', async () => {
    const { created, batch, client } = await jobs();
    const { name } = await created(['a']);
    const { code, stderr } = await batch('delete', name);
    expect(code).toBe(2);
    expect(stderr).toContain(`gemini-image batch cancel ${name}`);
    expect(await client.get(name)).toMatchObject({ state: 'pending' });
  });
});

describe('the jobs of a results file', () => {
  /** Two pictures of `photos/` that are on their way in a job. */
  async function submitted() {
    const world = await batchWorld();
    const cwd = temporaryFolder({ 'a.png': 'small.png', 'b.jpg': 'harbor.jpg' });
    const env = { GEMINI_API_KEY: KEY, GOOGLE_GEMINI_BASE_URL: world.url };
    const run = (...args: string[]) =>
      runInProcess(args, { cwd, env, today: new Date('2026-11-28T13:05:00Z') });
    const submit = () => run('describe', 'a.png', 'b.jpg', '-o', 'c.jsonl', '--batch');
    expect((await submit()).code).toBe(8);
    const [job] = await all(world.client.list());
    return { ...world, run, submit, name: job?.name ?? '' };
  }

  test('are listed with their pictures, and those of others are not', async () => {
    const { created, run, name } = await submitted();
    await created(['x']);
    const { stdout } = await run('batch', 'list', 'c.jsonl');
    expect(stdout).toBe(`pending  2 pictures  1 h 5 min ago  ${name}  c.jsonl\n`);
    const json = JSON.parse((await run('batch', 'list', 'c.jsonl', '-f', 'json')).stdout);
    expect(json).toMatchObject([
      { job: name, state: 'pending', pictures: 2, questions: 2, ledger: 'c.jsonl' },
    ]);
    expect((await run('batch', 'list')).stdout.split('\n')).toHaveLength(3);
  });

  test('are cancelled together', async () => {
    const { run, name, client } = await submitted();
    expect(await run('batch', 'cancel', 'c.jsonl')).toMatchObject({
      code: 0,
      stderr: `${name} is being cancelled; it was pending\n`,
    });
    expect(await client.get(name)).toMatchObject({ state: 'cancelled' });
  });

  test('are deleted once their answers are fetched, and not before', async () => {
    const { run, submit, name, client, end } = await submitted();
    await end(name);
    const early = await run('batch', 'delete', 'c.jsonl');
    expect(early).toMatchObject({ code: 0, stdout: '' });
    expect(early.stderr).toMatch(/^1 job of c\.jsonl left: the answers are not fetched/);
    expect(await client.get(name)).toMatchObject({ state: 'succeeded' });
    expect((await submit()).code).toBe(0);
    expect(await run('batch', 'delete', 'c.jsonl')).toMatchObject({
      code: 0,
      stderr: `${name} is deleted\n`,
    });
    await expect(client.get(name)).rejects.toMatchObject({ httpStatus: 404 });
    expect((await run('batch', 'delete', 'c.jsonl')).stderr).toBe('there is no batch job\n');
  });

  test('that the service does not have any more are shown as gone', async () => {
    const { run, name, client, end } = await submitted();
    await end(name);
    await client.delete(name);
    expect((await run('batch', 'list', 'c.jsonl')).stdout).toMatch(/^gone +2 pictures /);
    expect((await run('batch', 'cancel', 'c.jsonl')).code).toBe(0);
  });
});

test('a word that is no command of batch is refused', async () => {
  const { batch } = await jobs();
  expect((await batch('lst')).code).toBe(2);
  const without = await batch();
  expect(without.code).toBe(2);
  expect(without.stderr).toContain('Usage: gemini-image batch ');
});

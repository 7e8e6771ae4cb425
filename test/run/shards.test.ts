/** Several machines do one job, each its share, with files of its own. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { shardInName, shardName } from '../../src/domain/shard.js';
import { withShard } from '../../src/run/end.js';
import { album, albumServer, nameOf, recordsIn, timesAsked } from '../support/album.js';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';

const COUNT = 4;
const NUMBERS = [1, 2, 3, 4];
const PICTURES = 24;

/** What a whole run and the shards have in common: all but what each answer took. */
const plain = (path: string) =>
  recordsIn(path)
    .map(({ image, status, text }) => ({ image, status, text }))
    .toSorted((one, other) => one.image.localeCompare(other.image));

describe('a job of four shards', () => {
  test('comes to what one run comes to, and asks about each picture once', async () => {
    const cwd = await album(PICTURES);
    writeFileSync(join(cwd, 'photos/broken.png'), 'no picture');
    const { env } = await albumServer();
    const server = await albumServer();
    const whole = await runInProcess(['describe', 'photos/', '-o', 'whole.jsonl'], { cwd, env });
    for (const number of NUMBERS) {
      const share = `${number}/${COUNT}`;
      const args = ['describe', 'photos/', '-o', 'c.jsonl', '--failed', 'f.txt', '--shard', share];
      const { stderr } = await runInProcess(args, { cwd, env: server.env });
      expect(stderr).toContain(`shard ${number} of ${COUNT}: `);
      expect(stderr).toContain(`the results are in c.${number}-of-${COUNT}.jsonl`);
    }
    expect([...timesAsked(server).values()]).toEqual(Array(PICTURES).fill(1));
    const ledgers = NUMBERS.map((number) => `c.${number}-of-${COUNT}.jsonl`);
    const merged = await runInProcess(['merge', ...ledgers, '-o', 'c.jsonl'], { cwd });
    expect(merged.code).toBe(0);
    expect(plain(join(cwd, 'c.jsonl'))).toEqual(plain(join(cwd, 'whole.jsonl')));
    expect(whole.code).toBe(3);
    const failed = NUMBERS.map((n) => readFileSync(join(cwd, `f.${n}-of-${COUNT}.txt`), 'utf8'));
    expect(failed.join('')).toBe('photos/broken.png\n');
    expect(existsSync(join(cwd, 'f.txt'))).toBe(false);
  });

  test('goes on with the ledger of the same shard', async () => {
    const cwd = await album(PICTURES);
    const server = await albumServer();
    const run = (share: string) =>
      runInProcess(['describe', 'photos/', '-o', 'c.jsonl', '--shard', share], {
        cwd,
        env: server.env,
      });
    await run('2/4');
    const asked = server.requests.length;
    expect(asked).toBeGreaterThan(0);
    const again = await run('2/4');
    expect(again.stderr).toContain(`shard 2 of 4: ${asked} done before, `);
    expect(server.requests).toHaveLength(asked);
  });
});

describe('a shard without a picture', () => {
  /** The one of two shards that `photos/p000.png` is not in. */
  async function emptyShard(output: string) {
    const cwd = await album(1);
    const server = await albumServer();
    for (const number of [1, 2]) {
      const args = ['describe', 'photos/', '-o', output, '--shard', `${number}/2`];
      const finished = await runInProcess(args, { cwd, env: server.env });
      if (finished.stderr.includes(': 0 described')) return { cwd, number, finished };
    }
    return expect.unreachable('both have pictures');
  }

  test('writes an empty ledger, which merge takes', async () => {
    const { cwd, number, finished } = await emptyShard('c.jsonl');
    expect(finished.code).toBe(0);
    expect(finished.stderr).toContain(`shard ${number} of 2: 0 described, 1 in other shards`);
    expect(readFileSync(join(cwd, `c.${number}-of-2.jsonl`), 'utf8')).toBe('');
    if (number === 1) {
      const server = await albumServer();
      const args = ['describe', 'photos/', '-o', 'c.jsonl', '--shard', '2/2'];
      await runInProcess(args, { cwd, env: server.env });
    }
    const ledgers = ['c.1-of-2.jsonl', 'c.2-of-2.jsonl'];
    const merged = await runInProcess(['merge', ...ledgers, '-o', 'all.jsonl'], { cwd });
    expect(merged.code).toBe(0);
    expect(recordsIn(join(cwd, 'all.jsonl'))).toHaveLength(1);
  });

  test('writes an empty list of JSON', async () => {
    const { cwd, number } = await emptyShard('c.json');
    expect(JSON.parse(readFileSync(join(cwd, `c.${number}-of-2.json`), 'utf8'))).toEqual([]);
  });
});

test('a run that ends before its first picture leaves no ledger that looks finished', async () => {
  const cwd = await album(PICTURES);
  const { env } = await albumServer();
  const args = [
    'describe',
    'photos/',
    '-o',
    'c.jsonl',
    '--max-cost',
    '0.000001',
    '--shard',
    'auto',
  ];
  const { code, stderr } = await runInProcess([...args, '--shards', '2'], {
    cwd,
    env: { ...env, JOB_COMPLETION_INDEX: '1' },
  });
  expect(code).toBe(5);
  // Where the command is repeated by hand, no scheduler says which shard it was.
  expect(stderr).toContain(
    'To go on: gemini-image describe photos/ -o c.jsonl --max-cost 0.000001 --shard 2/2\n',
  );
  expect(readdirSync(cwd).filter((name) => name.startsWith('c.'))).toEqual([]);
});

test('detect and check share out as well', async () => {
  const cwd = await album(12);
  const run = (...args: string[]) => runInProcess([...args, '--offline'], { cwd });
  for (const number of ['1', '2']) {
    await run('detect', 'photos/', '-o', 'boxes.jsonl', '--shard', `${number}/2`);
    await run('check', 'photos/', '--that', '[holds]', '-o', 'r.jsonl', '--shard', `${number}/2`);
  }
  for (const stem of ['boxes', 'r']) {
    const all = ['1', '2'].flatMap((number) =>
      recordsIn(join(cwd, `${stem}.${number}-of-2.jsonl`)),
    );
    expect(all.map(({ image }) => image).toSorted()).toEqual(
      Array.from({ length: 12 }, (_, number) => `photos/${nameOf(number)}`),
    );
  }
});

test('a folder that is not there is told by every shard', async () => {
  const cwd = temporaryFolder();
  for (const share of ['1/3', '2/3', '3/3']) {
    const args = ['describe', 'fotos/', '-r', '--offline', '--shard', share];
    const { code, stderr } = await runInProcess(args, { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('gemini-image: fotos/: no such file');
  }
});

describe('what is for the whole job is divided', () => {
  test('--rpm', async () => {
    const cwd = await album(PICTURES);
    const args = ['describe', 'photos/', '--dry-run', '--rpm', '15', '--shard', '2/4'];
    const { stdout, stderr } = await runInProcess(args, { cwd });
    expect(stdout).toContain('at 3.75 requests a minute');
    expect(stderr).toMatch(/^\d+ counted, \d+ in other shards$/m);
  });

  test('--tpm', async () => {
    const cwd = await album(PICTURES);
    const args = ['describe', 'photos/', '--dry-run', '--tpm', '4000', '--shard', '2/4'];
    const { stdout } = await runInProcess(args, { cwd });
    expect(stdout).toContain('at 1,000 tokens a minute');
  });

  test('--max-cost', async () => {
    const cwd = await album(PICTURES);
    const { env } = await albumServer();
    const args = ['describe', 'photos/', '--max-cost', '0.000004', '--shard', '2/4'];
    const { code, stderr } = await runInProcess(args, { cwd, env });
    expect(code).toBe(5);
    expect(stderr).toContain('$0.000001');
  });
});

describe('the number of a shard', () => {
  const shardBy = async (env: Record<string, string>) => {
    const cwd = await album(1);
    const args = ['describe', 'photos/', '--offline', '--shard', 'auto', '--shards', '8'];
    const { code, stderr } = await runInProcess(args, { cwd, env });
    return code === 0 ? /shard \d of \d/.exec(stderr)?.[0] : stderr;
  };

  test.each([
    [{ SLURM_ARRAY_TASK_ID: '1' }, 'shard 1 of 8'],
    [{ SLURM_ARRAY_TASK_ID: '8' }, 'shard 8 of 8'],
    [{ JOB_COMPLETION_INDEX: '0' }, 'shard 1 of 8'],
    [{ JOB_COMPLETION_INDEX: '7' }, 'shard 8 of 8'],
    [{ JOB_COMPLETION_INDEX: '1', SLURM_ARRAY_TASK_ID: '2' }, 'shard 2 of 8'],
    // Of a part that is run again alone, these tell of that part.
    [
      { SLURM_ARRAY_TASK_ID: '5', SLURM_ARRAY_TASK_COUNT: '1', SLURM_ARRAY_TASK_MIN: '5' },
      'shard 5 of 8',
    ],
  ])('of %j is that of the scheduler', async (env, shard) => {
    expect(await shardBy(env)).toBe(shard);
  });

  test.each([
    [{}, 'neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set'],
    [{ SLURM_ARRAY_TASK_ID: '' }, 'neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set'],
    [
      { SLURM_ARRAY_TASK_ID: '0' },
      'SLURM_ARRAY_TASK_ID is 0, and the numbers of 8 shards are 1 to 8',
    ],
    [
      { SLURM_ARRAY_TASK_ID: '9' },
      'SLURM_ARRAY_TASK_ID is 9, and the numbers of 8 shards are 1 to 8',
    ],
    [{ SLURM_ARRAY_TASK_ID: '4294967294' }, 'and the numbers of 8 shards are 1 to 8'],
    [
      { JOB_COMPLETION_INDEX: '8' },
      'JOB_COMPLETION_INDEX is 8, and the numbers of 8 shards are 0 to 7',
    ],
    [
      { JOB_COMPLETION_INDEX: '-1' },
      'JOB_COMPLETION_INDEX is -1, and the numbers of 8 shards are 0 to 7',
    ],
    [{ JOB_COMPLETION_INDEX: '1.5' }, 'JOB_COMPLETION_INDEX is 1.5, and the numbers of 8'],
    [{ JOB_COMPLETION_INDEX: '2', SLURM_ARRAY_TASK_ID: '2' }, 'finds two numbers'],
  ])('of %j is refused', async (env, words) => {
    expect(await shardBy(env)).toContain(words);
  });
});

describe('refused is', () => {
  const refusal = async (args: readonly string[], stdin?: string) => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'photos'));
    const all = ['describe', ...args, '--offline'];
    const { code, stdout, stderr } = await runInProcess(all, {
      cwd,
      ...(stdin !== undefined && { stdin }),
    });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(readdirSync(cwd)).toEqual(['photos']);
    return stderr;
  };

  test.each(['0/8', '9/8', '1/0', '2', '2/', '1/8/3', '-1/8', '1.5/8', 'every', '1/100001'])(
    '--shard %s',
    async (share) => {
      expect(await refusal(['photos/', `--shard=${share}`])).toContain(
        'Give the number of the share and how many there are',
      );
    },
  );

  test.each([
    [['--shard', 'auto'], '--shard auto needs to know how many shards there are'],
    [['--shards', '8'], '--shards says how many there are for --shard auto'],
    [['--shard', '2/8', '--shards', '8'], '--shards says how many there are for --shard auto'],
    [['--shard', '2/8', '--together'], '--together asks about all pictures at once'],
    [
      ['--shard', '2/8', '-o', 'c.3-of-8.jsonl'],
      'c.3-of-8.jsonl is by its name the file of shard 3',
    ],
    [['--shard', '2/8', '--failed', 'f.2-of-4.txt'], 'f.2-of-4.txt is by its name the file of'],
    [['--shard', '2/8', '-o', 'photos'], 'photos'],
  ])('%j', async (flags, words) => {
    expect(await refusal(['photos/', ...flags])).toContain(words);
  });

  test('a picture on stdin', async () => {
    const words = 'a picture on stdin has none';
    expect(await refusal(['--shard', '1/2'], 'bytes')).toContain(words);
    expect(await refusal(['-', '--shard', '1/2'], 'bytes')).toContain(words);
    expect(await refusal(['/dev/stdin', '--shard', '1/2'])).toContain(words);
  });
});

test('a list on stdin is shared out by its lines', async () => {
  const cwd = await album(6);
  const server = await albumServer();
  const stdin = Array.from({ length: 6 }, (_, number) => `photos/${nameOf(number)}\n`).join('');
  for (const share of ['1/2', '2/2']) {
    const args = ['describe', '--files-from', '-', '--shard', share];
    expect((await runInProcess(args, { cwd, env: server.env, stdin })).code).toBe(0);
  }
  expect([...timesAsked(server).values()]).toEqual(Array(6).fill(1));
});

describe('the name of a file of a shard', () => {
  const shard = { number: 2, count: 8 };

  test.each([
    ['captions.jsonl', 'captions.2-of-8.jsonl'],
    ['out.d/captions', 'out.d/captions.2-of-8'],
    ['./a.b.csv', './a.b.2-of-8.csv'],
    ['.hidden', '.hidden.2-of-8'],
  ])('of %s is %s, and tells of it', (path, named) => {
    expect(shardName(path, shard)).toBe(named);
    expect(shardInName(named)).toEqual(shard);
    expect(shardInName(path)).toBeUndefined();
  });

  test('is taken as it is where it was given', async () => {
    const cwd = await album(2);
    const args = ['describe', 'photos/', '--offline', '-o', 'c.1-of-1.jsonl', '--shard', '1/1'];
    await runInProcess(args, { cwd });
    expect(recordsIn(join(cwd, 'c.1-of-1.jsonl'))).toHaveLength(2);
  });
});

test.each([
  [
    ['--shard', 'auto', '--shards', '8', 'x'],
    ['--shard', '2/8', 'x'],
  ],
  [['--shard=auto', '--shards=8'], ['--shard=2/8']],
  [
    ['--shard', '2/8', 'auto'],
    ['--shard', '2/8', 'auto'],
  ],
  [
    ['--shard', '2/8', '--', '--shards', 'auto'],
    ['--shard', '2/8', '--', '--shards', 'auto'],
  ],
])('to go on with %j, its own number is named', (args, named) => {
  expect(withShard(args, { number: 2, count: 8 })).toEqual(named);
});

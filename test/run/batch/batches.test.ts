/** Runs in jobs of the Batch API: `--batch` on describe, detect and check, against the emulator. */
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { fixture, temporaryFolder } from '../../support/files.js';
import { runInProcess } from '../../support/in-process.js';
import { serve } from '../../support/scripted-server.js';
import { DESCRIBE, linesOf, ok, PICTURES, world, yieldTurn } from './support.js';

describe('submitting and collecting', () => {
  test('the first run submits, later ones wait, and the last one collects at half the price', async () => {
    const { batch, run, pass, records, jobs, cwd, events } = await world();
    const first = await batch();
    expect(first.code).toBe(8);
    expect(first.stdout).toBe('');
    const [job] = await jobs();
    expect(first.stderr).toContain(`${job}: 3 pictures submitted`);
    expect(first.stderr).toMatch(/on the way: 1 job \(pending\), 3 pictures, since \d\d:\d\d\n/);
    expect(first.stderr).toContain(
      'To collect: gemini-image describe a.png b.jpg c.webp -o x.jsonl --batch\n',
    );
    expect((await batch()).code).toBe(8);
    // A plain run pays nothing twice.
    const plain = await run(...DESCRIBE);
    expect(plain.code).toBe(8);
    expect(plain.stderr).toContain('To collect: gemini-image describe --batch a.png');
    expect(records()).toEqual([]);
    await pass();
    const last = await batch();
    expect(last).toMatchObject({ code: 0, stderr: expect.stringContaining('3 described\n') });
    expect(ok(records())).toEqual(['a.png', 'b.jpg', 'c.webp']);
    expect(await jobs()).toEqual([job]);
    expect(events()).toEqual(['prepared', 'creating', 'created', 'ended']);
    const [record] = records();
    expect(record).toMatchObject({ batch: job, asked: { prompt: expect.any(String) } });
    const alone = await run('describe', 'a.png', '-f', 'json');
    const { costUsd, request } = JSON.parse(alone.stdout);
    expect(record?.costUsd).toBeCloseTo(costUsd / 2, 9);
    expect(record?.request).toBe(request);
    expect(readdirSync(cwd).sort()).toEqual([
      'a.png',
      'b.jpg',
      'c.webp',
      'x.jsonl',
      'x.jsonl.batch',
    ]);
    expect((await batch()).stderr).toContain('3 done before\n');
  });

  test('a plain run while jobs are pending makes no call at all', async () => {
    const { batch, cwd, env } = await world();
    await batch();
    const server = await serve((response) => response.writeHead(500).end());
    const here = { cwd, env: { ...env, GOOGLE_GEMINI_BASE_URL: server.url } };
    expect((await runInProcess(DESCRIBE, here)).code).toBe(8);
    expect(server.requests).toEqual([]);
  });

  test.each(['succeeded', 'expired'] as const)(
    'the questions of a job that has %s are deleted at the service',
    async (end) => {
      const faults = end === 'expired' ? [{ kind: end, nth: 1 }] : [];
      const { batch, pass, files, jobs } = await world({ batchFaults: faults });
      await batch();
      const [sent] = await files();
      expect(sent).toBeDefined();
      await batch();
      expect(await files()).toContain(sent);
      await pass();
      await batch();
      expect(await files()).not.toContain(sent);
      expect(await jobs()).toHaveLength(end === 'expired' ? 2 : 1);
    },
  );

  test('they are deleted too if the job was cancelled', async () => {
    const { batch, pass, files, jobs, cancel } = await world();
    await batch();
    const [name = ''] = await jobs();
    const [sent] = await files();
    await cancel(name);
    await pass();
    await batch();
    expect(await files()).not.toContain(sent);
  });

  test('--wait stays until all is answered', async () => {
    const { batch, records } = await world({ batchMs: 0 });
    const { code, stderr } = await batch('--wait');
    expect({ code, ok: ok(records()) }).toEqual({ code: 0, ok: ['a.png', 'b.jpg', 'c.webp'] });
    expect(stderr).toContain('3 described\n');
  });

  test('--wait tries again where the service takes no more jobs, and makes one job', async () => {
    const batchFaults = [1, 2].map((nth) => ({ kind: '429' as const, nth }));
    const { batch, records, jobs } = await world({ batchMs: 0, batchFaults });
    const { code } = await batch('--wait');
    expect({ code, ok: ok(records()).length }).toEqual({ code: 0, ok: 3 });
    expect(await jobs()).toHaveLength(1);
  });

  test('Ctrl-C leaves the jobs running, and says so', async () => {
    const { cwd, env, journal, batch, pass, jobs } = await world();
    const isWaiting = async () => {
      while (!existsSync(journal) || !readFileSync(journal, 'utf8').includes('"created"')) {
        await yieldTurn();
      }
    };
    const args = [...DESCRIBE, '--batch', '--wait'];
    const { code, stderr } = await runInProcess(args, { cwd, env, interrupted: isWaiting() });
    expect(code).toBe(130);
    expect(stderr).toContain('they go on without this command');
    await pass();
    expect({ code: (await batch()).code, jobs: (await jobs()).length }).toEqual({
      code: 0,
      jobs: 1,
    });
  });

  test('--offline is answered in the same run', async () => {
    const { cwd, records } = await world();
    const { code } = await runInProcess([...DESCRIBE, '--batch', '--offline'], { cwd });
    expect({ code, ok: ok(records()).length }).toEqual({ code: 0, ok: 3 });
  });

  test('equal pictures are sent once, and each gets its record', async () => {
    const twins = { ...PICTURES, 'd.png': 'small.png' };
    const { run, pass, records, journal } = await world({}, twins);
    const all = ['describe', '.', '-o', 'x.jsonl', '--batch'];
    expect((await run(...all)).stderr).toContain(
      '3 on the way in batch jobs, 1 equal to one of those',
    );
    expect(linesOf(journal)[0]?.questions).toHaveLength(3);
    await pass();
    expect((await run(...all)).code).toBe(0);
    expect(records().at(-1)).toMatchObject({ image: './d.png', copiedFrom: './a.png', costUsd: 0 });
  });

  test('with --wait too', async () => {
    const { run, records } = await world({ batchMs: 0 }, { ...PICTURES, 'd.png': 'small.png' });
    expect((await run('describe', '.', '-o', 'x.jsonl', '--batch', '--wait')).code).toBe(0);
    expect(ok(records())).toHaveLength(4);
  });

  test('a picture that has changed meanwhile is asked anew, and one that is gone keeps its answer', async () => {
    const { batch, pass, records, cwd } = await world();
    await batch();
    copyFileSync(fixture('turned.jpg'), join(cwd, 'b.jpg'));
    rmSync(join(cwd, 'c.webp'));
    await pass();
    const { code, stderr } = await batch();
    expect(code).toBe(8);
    expect(stderr).toContain('1 picture submitted');
    await pass();
    await batch();
    expect(ok(records())).toEqual(['a.png', 'b.jpg', 'c.webp', 'b.jpg']);
  });

  test('sidecars are written from what is collected', async () => {
    const { batch, pass, cwd } = await world();
    await batch('--sidecar');
    await pass();
    expect((await batch('--sidecar')).code).toBe(0);
    expect(readdirSync(cwd)).toEqual(expect.arrayContaining(['a.txt', 'b.txt', 'c.txt']));
  });

  test('--limit counts what is on the way', async () => {
    const { batch, pass, records } = await world();
    await batch('--limit', '2');
    expect((await batch('--limit', '2')).stderr).not.toContain('submitted');
    await pass();
    expect((await batch('--limit', '2')).code).toBe(0);
    expect(records()).toHaveLength(2);
  });

  test('--max-cost limits what is submitted, what is on the way included', async () => {
    const { batch, jobs } = await world();
    const { code, stderr } = await batch('--max-cost', '0.0006');
    expect(code).toBe(8);
    expect(stderr).toContain('2 pictures submitted');
    expect(stderr).toContain('(--max-cost)');
    expect((await batch('--max-cost', '0.0006')).stderr).toContain('2 on the way');
    expect((await batch('--max-cost', '0.00001')).code).toBe(8);
    expect(await jobs()).toHaveLength(1);
  });

  test('--cache is looked into before, and filled after', async () => {
    const { batch, pass, run, records } = await world();
    await run('describe', 'a.png', '--cache');
    expect((await batch('--cache')).stderr).toContain('2 pictures submitted');
    expect(records()).toMatchObject([{ image: 'a.png', cached: true, costUsd: 0 }]);
    await pass();
    await batch('--cache');
    const again = await run('describe', 'b.jpg', '--cache', '-f', 'json');
    expect(JSON.parse(again.stdout)).toMatchObject({ cached: true });
  });
});

describe('check and detect', () => {
  test('check judges what it has collected, with votes, and its ledger is kept', async () => {
    const { run, pass, records, journal } = await world();
    const args = ['check', 'a.png', 'b.jpg', '--that', 'it is a picture', '--votes', '3'];
    const all = [...args, '-o', 'x.jsonl', '--batch'];
    expect((await run(...all)).code).toBe(8);
    expect(linesOf(journal)[0]).toMatchObject({ votes: 3 });
    await pass();
    const { code, stderr } = await run(...all);
    expect({ code, stderr }).toMatchObject({ stderr: expect.stringContaining('2 checked') });
    expect([0, 1, 7]).toContain(code);
    expect(records()[0]).toMatchObject({ data: { verdicts: [{ votes: expect.anything() }] } });
    const again = await run(...all);
    expect({ code: again.code, records: records().length }).toEqual({ code, records: 2 });
    expect(again.stderr).toContain('2 done before');
  });

  test('detect has boxes, in the form of schema that batches keep to', async () => {
    const { run, pass, records } = await world({ batchFaults: [{ kind: 'schema' }] });
    const all = ['detect', 'a.png', 'b.jpg', '-o', 'x.jsonl', '--batch'];
    await run(...all);
    await pass();
    expect((await run(...all)).code).toBe(0);
    expect(records()).toMatchObject([{ data: { boxes: expect.any(Array) } }, { status: 'ok' }]);
  });
});

describe('a run that was cut off', () => {
  test('finds the job whose creation it did not see, by its name', async () => {
    const { batch, pass, records, jobs, journal } = await world();
    await batch();
    cutAfter(journal, 2);
    await pass();
    expect((await batch()).code).toBe(0);
    expect({ ok: ok(records()).length, jobs: (await jobs()).length }).toEqual({ ok: 3, jobs: 1 });
  });

  test('creates the job of an uploaded file that is in no list', async () => {
    const { batch, pass, records, jobs, journal } = await world({
      batchFaults: [{ kind: '429', nth: 1 }],
    });
    await batch();
    cutAfter(journal, 2);
    expect((await batch()).code).toBe(8);
    expect(await jobs()).toHaveLength(1);
    await pass();
    await batch();
    expect(ok(records())).toHaveLength(3);
  });

  test('asks anew what was prepared and never uploaded', async () => {
    const { batch, pass, jobs, journal, events } = await world({
      batchFaults: [{ kind: '429', nth: 1 }],
    });
    await batch();
    cutAfter(journal, 1);
    appendFileSync(journal, '{"event":"creating","id":"12');
    await batch();
    expect(events()).toEqual(['prepared', 'dropped', 'prepared', 'creating', 'created']);
    await pass();
    expect({ code: (await batch()).code, jobs: (await jobs()).length }).toEqual({
      code: 0,
      jobs: 1,
    });
  });

  test('takes no answer in twice', async () => {
    const { batch, pass, records, journal, cwd } = await world();
    await batch();
    await pass();
    await batch();
    cutAfter(journal, 3);
    const [first = ''] = readFileSync(join(cwd, 'x.jsonl'), 'utf8').split('\n');
    writeFileSync(join(cwd, 'x.jsonl'), `${first}\n`);
    expect((await batch()).stderr).toContain('2 described');
    expect(ok(records())).toEqual(['a.png', 'b.jpg', 'c.webp']);
  });

  function cutAfter(path: string, lines: number) {
    const kept = readFileSync(path, 'utf8').split('\n').slice(0, lines);
    writeFileSync(path, `${kept.join('\n')}\n`);
  }
});

describe('jobs that go wrong', () => {
  test.each([
    ['lost', 1, []],
    ['late', 1, []],
    ['unordered', 1, []],
    ['503', 1, []],
    ['cut', 1, []],
    ['doubled', 1, ['1 row doubled (the first one counts)']],
    ['missing', 2, ['2 answered, 1 open again', '1 row missing']],
    ['rows', 2, ['2 answered, 1 open again']],
    ['expired', 2, ['expired, without results', '0 answered, 3 open again']],
    ['failed', 2, ['failed, without results', '0 answered, 3 open again']],
    ['429', 1, ['no more batch jobs are taken now (429)', '3 pictures are prepared and wait']],
  ] as const)('%s: all is answered in the end, by %i', async (kind, count, words) => {
    const { batch, pass, records, jobs } = await world({ batchFaults: [{ kind, nth: 1 }] });
    let stderr = '';
    for (let runs = 0; runs < 5; runs += 1) {
      const run = await batch('--retries', '1');
      stderr += run.stderr;
      if (run.code === 0) break;
      expect(run.code).toBe(8);
      await pass();
    }
    expect(ok(records()).toSorted()).toEqual(['a.png', 'b.jpg', 'c.webp']);
    expect(await jobs()).toHaveLength(count);
    for (const part of words) expect(stderr).toContain(part);
  });

  test('what fails again and again is submitted twice more, and is a failure then', async () => {
    const { batch, pass, records } = await world({ batchFaults: [{ kind: 'expired' }] });
    for (let runs = 0; runs < 3; runs += 1) {
      expect((await batch()).code).toBe(8);
      await pass();
    }
    expect((await batch()).code).toBe(6);
    expect(records()).toMatchObject(
      ['a.png', 'b.jpg', 'c.webp'].map((image) => ({ image, error: { kind: 'service' } })),
    );
  });

  test('a key that has no quota for jobs ends the run, and nothing is left', async () => {
    const { batch, events } = await world({ batchFaults: [{ kind: 'limit0' }] });
    const { code, stderr } = await batch();
    expect(code).toBe(5);
    expect(stderr).toContain('feature of the paid tier');
    expect(events()).toEqual(['prepared', 'creating', 'dropped']);
  });

  test('a cancelled job gives what it has, and the rest is submitted again', async () => {
    const { batch, pass, records, jobs, cancel } = await world({
      batchFaults: [{ kind: 'partial', nth: 1 }],
    });
    await batch();
    await pass(500);
    for (const name of await jobs()) await cancel(name);
    const { stderr } = await batch();
    expect(stderr).toContain('was cancelled, with a part of its results');
    await pass();
    expect((await batch()).code).toBe(0);
    expect(ok(records())).toHaveLength(3);
  });

  test('a job that was deleted is not made anew by itself, but with --rescue', async () => {
    const { batch, pass, jobs, cancel, records } = await world();
    await batch();
    const [name = ''] = await jobs();
    await cancel(name, 'DELETE');
    const { code, stderr } = await batch();
    expect(code).toBe(2);
    expect(stderr).toContain(`there is no job ${name} for this key (404)`);
    expect(await jobs()).toEqual([]);
    expect((await batch('--rescue', '0.001s')).stderr).toContain('3 pictures submitted');
    await pass();
    await batch();
    expect(ok(records())).toHaveLength(3);
  });

  test('--rescue cancels what is late, and asks the rest at once', async () => {
    const { batch, records, jobs } = await world({ batchMs: 3_600_000 });
    await batch();
    await new Promise((done) => setTimeout(done, 30));
    const { code, stderr } = await batch('--rescue', '0.01s', '--tier', 'flex');
    expect(stderr).toContain('whether Google bills what was cancelled is not known');
    expect({ code, ok: ok(records()).length }).toEqual({ code: 0, ok: 3 });
    expect(records()[0]).toMatchObject({ tier: 'flex' });
    expect(await jobs()).toHaveLength(1);
  });
});

describe('--by', () => {
  const HOUR = 3_600_000;

  test('asks in batches where there is time, and says its plan first', async () => {
    const { run, records, jobs } = await world({ batchMs: 0 });
    const { code, stderr } = await run(...DESCRIBE, '--by', '+6h');
    expect({ code, ok: ok(records()).length }).toEqual({ code: 0, ok: 3 });
    expect(stderr).toMatch(/^the plan, to be done by [^\n]+: 3 pictures in batches until/);
    expect(await jobs()).toHaveLength(1);
  });

  test('asks at once where there is none', async () => {
    const { run, records, jobs } = await world();
    const { code, stderr } = await run(...DESCRIBE, '--by', '+5m');
    expect({ code, ok: ok(records()).length }).toEqual({ code: 0, ok: 3 });
    expect(stderr).toContain('3 pictures at the standard price');
    expect(await jobs()).toHaveLength(0);
  });

  test('cancels what is late, and asks it by flex, then at the standard price', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const { run, records, journal } = await world({
      batchMs: 24 * HOUR,
      fail: [{ status: 503, share: 1, tier: 'flex' }],
    });
    const running = run(...DESCRIBE, '--by', '+6h', '--retries', '0');
    const isCreated = () =>
      existsSync(journal) && readFileSync(journal, 'utf8').includes('"created"');
    while (!isCreated()) await yieldTurn();
    vi.setSystemTime(Date.now() + 5.8 * HOUR);
    const { code, stderr } = await running;
    expect({ code, ok: ok(records()).length }).toEqual({ code: 0, ok: 3 });
    expect(stderr).toContain('whether Google bills what was cancelled is not known');
    expect(records().map(({ tier }) => tier)).toEqual(['standard', 'standard', 'standard']);
  });

  test('--dry-run says the plan alone', async () => {
    const { run, jobs, cwd } = await world();
    const { code, stderr } = await run(...DESCRIBE, '--by', '+6h', '--dry-run');
    expect(code).toBe(0);
    expect(stderr).toContain('3 pictures in batches until');
    expect(await jobs()).toEqual([]);
    expect(readdirSync(cwd)).not.toContain('x.jsonl');
  });
});

describe('refused', () => {
  test('another question while jobs are on the way, with what differs', async () => {
    const { batch } = await world();
    await batch();
    const { code, stderr } = await batch('-p', 'What colour is it?', '-m', 'gemini-3.8-flash');
    expect(code).toBe(2);
    expect(stderr).toContain('model: was gemini-3.5-flash-lite, is gemini-3.8-flash');
    expect(stderr).toContain('prompt: was “Write a caption');
    expect(stderr).toContain('“What colour is it?”');
    expect(stderr).not.toContain('To go on');
  });

  test.each([
    [['--stream'], '--stream'],
    [['--tier', 'flex'], '--tier'],
    [['--together'], '--together'],
    [['--overwrite'], '--overwrite'],
    [['--rpm', '5'], '--rpm'],
  ])('%j', async (flags, words) => {
    const args = [...DESCRIBE, '--batch', ...flags];
    const { code, stderr } = await runInProcess(args, { cwd: temporaryFolder(PICTURES) });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(words) });
  });

  test.each([
    [['describe', 'a.png', '--batch']],
    [['describe', 'a.png', '--batch', '--sidecar']],
    [['describe', 'a.png', '--batch', '-o', 'x.csv']],
    [['describe', '-', '--batch', '-o', 'x.jsonl']],
    [['describe', 'a.png', '--wait']],
  ])('%j', async (args) => {
    const { code } = await runInProcess(args, { cwd: temporaryFolder(PICTURES) });
    expect(code).toBe(2);
  });

  test('a journal that is damaged in its middle', async () => {
    const { batch, journal } = await world();
    writeFileSync(journal, 'something else\n');
    const { code, stderr } = await batch();
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('line 1') });
  });
});

describe('a journal that cannot be used', () => {
  test.each([
    ['a folder', (path: string) => mkdirSync(path)],
    ['a link to nothing', (path: string) => symlinkSync('nowhere', path)],
  ])('%s in its place is refused before anything is sent', async (what, make) => {
    const { batch, run, journal, jobs } = await world();
    make(journal);
    const refused = { code: 2, stderr: expect.stringContaining(`x.jsonl.batch is ${what}`) };
    expect(await batch()).toMatchObject(refused);
    expect(await run('batch', 'list', 'x.jsonl')).toMatchObject(refused);
    expect(await jobs()).toEqual([]);
  });

  // A file that cannot be read by anybody.
  test.skipIf(platform() !== 'linux')('is named where it may not be read', async () => {
    const { batch, run, journal } = await world();
    await batch();
    rmSync(journal);
    symlinkSync('/proc/self/mem', journal);
    const { code, stderr } = await run('batch', 'list', 'x.jsonl');
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('x.jsonl.batch cannot be read'),
    });
  });

  test('its results file may be gone: the answers begin a new one', async () => {
    const { batch, pass, records, cwd } = await world();
    await batch();
    await pass();
    rmSync(join(cwd, 'x.jsonl'), { force: true });
    expect((await batch()).code).toBe(0);
    expect(ok(records())).toHaveLength(3);
  });

  test('it goes where its results file goes', async () => {
    const { batch, run, pass, cwd, journal } = await world();
    await batch();
    await pass();
    renameSync(journal, join(cwd, 'y.jsonl.batch'));
    const args = DESCRIBE.map((word) => word.replace('x.jsonl', 'y.jsonl'));
    expect((await run(...args, '--batch')).code).toBe(0);
    expect(ok(linesOf(join(cwd, 'y.jsonl')))).toHaveLength(3);
  });
});

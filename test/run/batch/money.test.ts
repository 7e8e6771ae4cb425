/** What a run in batches may cost, and what it says about that before. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { AskedRequest } from '../../../src/emulator/script/asked.js';
import { DESCRIBE, ok, world, yieldTurn } from './support.js';

describe('--max-cost', () => {
  test('ends with 5 where nothing is on the way', async () => {
    const { batch, jobs } = await world();
    const { code, stderr } = await batch('--max-cost', '0.00001');
    expect(code).toBe(5);
    expect(stderr).toContain('the next picture might pass the limit of $0.00001 (--max-cost)');
    expect(await jobs()).toEqual([]);
  });

  test('with --rescue counts what the job has cost beside the calls', async () => {
    const asked: AskedRequest[] = [];
    const { batch, pass, jobs, records } = await world({
      batchFaults: [{ kind: 'partial' }],
      onAsked: (one) => asked.push(one),
    });
    await batch();
    await pass(500);
    expect(await jobs()).toHaveLength(1);
    // The job has answers before it is cancelled.
    while (asked.length < 3) await yieldTurn();
    await new Promise((done) => setTimeout(done, 30));
    const rescue = ['--rescue', '0.01s', '--max-cost'];
    const alone = () => asked.filter(({ method }) => method === 'generateContent').length;
    const poor = await batch(...rescue, '0.0012');
    expect(poor.code).toBe(5);
    expect(poor.stderr).toContain('the next call might pass the limit of $0.0012 (--max-cost)');
    const had = ok(records()).length;
    expect({ had: had > 0 && had < 3, alone: alone() }).toEqual({ had: true, alone: 0 });
    // What is left is submitted by a later run.
    expect((await batch()).stderr).toMatch(/pictures? submitted/);
  });

  test('with --by limits the calls too', async () => {
    const { run, records } = await world();
    const { code } = await run(...DESCRIBE, '--by', '+5m', '--max-cost', '0.0015', '-c', '1');
    expect(code).toBe(5);
    expect(ok(records()).length).toBeLessThan(3);
  });

  test('with --repair limits the calls, and the job is taken in again', async () => {
    const answers = ({ method }: AskedRequest) =>
      method === 'batchGenerateContent' ? 'A boat. '.repeat(60) : 'A boat.';
    const { batch, pass, records, events } = await world({ answers });
    await batch('-s', 'alt');
    await pass();
    expect((await batch('-s', 'alt', '--repair', '--max-cost', '0.0012')).code).toBe(5);
    expect({ records: records(), last: events().at(-1) }).toEqual({ records: [], last: 'created' });
    expect((await batch('-s', 'alt', '--repair')).code).toBe(0);
    expect(ok(records())).toHaveLength(3);
  });
});

describe('--dry-run', () => {
  test('shows what is on the way, which is not asked again', async () => {
    const { batch, run, jobs } = await world();
    await batch('--limit', '2');
    const { stdout } = await batch('--dry-run');
    expect(stdout).toMatch(/^on the way +2$/m);
    expect(stdout).toMatch(/^to ask +1$/m);
    const plain = await run(...DESCRIBE, '--dry-run', '-f', 'json');
    expect(JSON.parse(plain.stdout)).toMatchObject({ pictures: 3, onTheWay: 2, toAsk: 1 });
    expect((await batch('--dry-run', '--limit', '2')).stdout).toMatch(/^to ask +0$/m);
    expect(await jobs()).toHaveLength(1);
  });

  test('has the plan of --by as JSON, and for one picture too', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-28T01:00:00Z') });
    onTestFinished(() => void vi.useRealTimers());
    const { run } = await world();
    const dry = ['describe', 'a.png', '-o', 'x.jsonl', '--by', '+6h', '--dry-run'];
    const { stdout, stderr } = await run(...dry, '-f', 'json');
    const { plan } = JSON.parse(stdout);
    expect(plan).toMatchObject({ questions: 1, by: '2026-11-28T07:00:00.000Z' });
    expect([plan.batchUntil, plan.flexUntil, plan.by]).toEqual(
      [plan.batchUntil, plan.flexUntil, plan.by].sort(),
    );
    expect(plan.costsUsd.batch).toBeCloseTo(plan.costsUsd.standard / 2, 6);
    expect(stderr).toContain('the plan, to be done by ');
  });
});

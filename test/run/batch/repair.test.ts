/** `--repair`: what is asked once more, at once, after a batch job gave a wrong answer. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AskedRequest } from '../../../src/emulator/script/asked.js';
import { fixture } from '../../support/files.js';
import { ok, world } from './support.js';

const LONG = `A boat ${'on the water '.repeat(30)}.`;
const ALT = ['-s', 'alt', '--repair'];
const fromJob = ({ method }: AskedRequest) => method === 'batchGenerateContent';

/** A world whose jobs answer too long, and that counts what is asked besides. */
async function wrongWorld(later: (asked: AskedRequest) => object | string = () => 'A red boat.') {
  const now: AskedRequest[] = [];
  const answers = (asked: AskedRequest) => {
    if (fromJob(asked)) return LONG;
    now.push(asked);
    return later(asked);
  };
  return { ...(await world({ answers })), now };
}

describe('an answer that breaks a rule', () => {
  test('is asked for once more with --repair, at the full price beside that of the job', async () => {
    const { batch, pass, records, now } = await wrongWorld();
    expect((await batch(...ALT)).code).toBe(8);
    await pass();
    const { code, stderr } = await batch(...ALT);
    expect({ code, ok: ok(records()).length }).toEqual({ code: 0, ok: 3 });
    expect(stderr).toContain('3 answered, 3 of them asked once more (--repair)');
    expect(now).toHaveLength(3);
    // The model sees what was wrong.
    expect(now[0]?.prompt).toContain('A boat on the water');
    expect(records()[0]).toMatchObject({ text: 'A red boat.', batch: expect.any(String) });
    const sum = records().reduce((all, { costUsd }) => all + Number(costUsd), 0);
    expect(stderr).toContain(`about $${sum.toFixed(4)} `);
  });

  test('is a failed record with its text without --repair', async () => {
    const { batch, pass, records, now } = await wrongWorld();
    await batch('-s', 'alt');
    await pass();
    expect((await batch('-s', 'alt')).code).toBe(7);
    expect(records()[0]).toMatchObject({ error: { kind: 'answer', partialText: LONG } });
    expect(now).toEqual([]);
  });

  test('is one too if the second answer is wrong as well', async () => {
    const { batch, pass, records, now } = await wrongWorld(() => LONG);
    await batch(...ALT);
    await pass();
    expect((await batch(...ALT)).code).toBe(7);
    expect(records()).toHaveLength(3);
    expect(records()[0]).toMatchObject({ error: { kind: 'answer', partialText: LONG } });
    expect(now).toHaveLength(3);
  });

  test('is one if asking fails, or the picture is another one now, and says so', async () => {
    const { batch, pass, records, cwd } = await wrongWorld(() => ({ status: 503 }));
    await batch(...ALT);
    await pass();
    copyFileSync(fixture('turned.jpg'), join(cwd, 'b.jpg'));
    const { code, stderr } = await batch(...ALT, '--retries', '0');
    expect(code).toBe(7);
    expect(
      records()
        .map(({ image }) => image)
        .sort(),
    ).toEqual(['a.png', 'b.jpg', 'c.webp']);
    expect(records()[0]).toMatchObject({ error: { kind: 'answer', partialText: LONG } });
    expect(stderr).toContain('Asking once more (--repair) failed: the picture has changed');
  });

  test('waits for a later run if asking ends this one, and no answer is lost', async () => {
    let isClosed = true;
    const { batch, pass, records, now } = await wrongWorld(() =>
      isClosed ? { status: 403 } : 'A red boat.',
    );
    await batch(...ALT);
    await pass();
    expect((await batch(...ALT, '-c', '1')).code).toBe(4);
    expect({ records: records(), asked: now.length }).toEqual({ records: [], asked: 1 });
    isClosed = false;
    expect((await batch(...ALT)).code).toBe(0);
    expect(ok(records())).toHaveLength(3);
  });

  test('of several styles: only the wrong ones are asked for again', async () => {
    const given = { title: 'Red boat', alt: LONG };
    const asked: AskedRequest[] = [];
    const { batch, pass, records } = await world({
      answers: (one) => {
        if (fromJob(one)) return { answer: given };
        asked.push(one);
        return { answer: { alt: 'A red boat on the water.' } };
      },
    });
    const styles = ['-s', 'title,alt', '--repair'];
    await batch(...styles);
    await pass();
    expect((await batch(...styles)).code).toBe(0);
    expect(records()[0]?.answers).toEqual({ title: 'Red boat', alt: 'A red boat on the water.' });
    expect(asked[0]?.schema).toMatchObject({ required: ['alt'] });
  });

  test('of several votes: each wrong one is asked for again', async () => {
    let given = 0;
    const isWrong = () => {
      given += 1;
      return given % 3 === 1;
    };
    const asked: AskedRequest[] = [];
    const { run, pass, records } = await world({
      answers: (one) => {
        if (fromJob(one)) return isWrong() ? { answer: 'nothing' } : undefined;
        asked.push(one);
        return undefined;
      },
    });
    const check = ['check', 'a.png', 'b.jpg', '--that', 'it is a picture', '--votes', '3'];
    const all = [...check, '-o', 'x.jsonl', '--batch', '--repair'];
    await run(...all);
    await pass();
    const { stderr } = await run(...all);
    expect(stderr).toContain('2 answered, 2 of them asked once more (--repair)');
    expect(asked).toHaveLength(2);
    expect(records()).toMatchObject([{ status: 'ok' }, { status: 'ok' }]);
  });
});

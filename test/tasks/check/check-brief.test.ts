import { describe, expect, test } from 'vitest';
import type { NamedPicture } from '../../../src/domain/record.js';
import { checkBrief } from '../../../src/tasks/check/check-brief.js';
import { claimsPrompt, claimsSchema } from '../../../src/tasks/check/prompt.js';
import type { CheckResult } from '../../../src/tasks/check/verdict.js';
import { countVerdicts } from '../../../src/tasks/check/verdicts.js';

const CLAIMS = ['A boat is there.', 'The sea is calm.'];
const boat = { claim: 1, evidence: 'A red boat.', verdict: 'holds' };
const sea = { claim: 2, evidence: 'There are waves.', verdict: 'fails' };

function answer(...verdicts: unknown[]): string {
  return JSON.stringify({ verdicts });
}

function picture(width = 2000, height = 500): NamedPicture {
  const sent = { mimeType: 'image/png', width, height, bytes: 1, changes: [] };
  return { image: 'a', mimeType: 'image/png', width, height, size: 1, sha256: '0', sent };
}

const single = checkBrief(CLAIMS, { together: false });

function conclude(brief = single, texts: (string | undefined)[] = [], pictures = [picture()]) {
  if (!brief.conclude) throw new Error('there is no conclusion');
  const { text, data } = brief.conclude(texts, pictures);
  return { text, data: data as CheckResult };
}

test.each([true, false])('it asks with prompt and schema (together: %j)', (together) => {
  const { prompt, schema } = checkBrief(CLAIMS, { together });
  expect(prompt).toBe(claimsPrompt(CLAIMS, together));
  expect(schema).toEqual(claimsSchema(2, together));
});

describe('an answer is taken', () => {
  test.each([
    ['in the order of the claims', answer(boat, sea)],
    ['in any order', answer(sea, boat)],
    ['with white space around it', `\n ${answer(boat, sea)}\n`],
    ['with a box that makes no sense', answer({ ...boat, box_2d: 'all over' }, sea)],
    ['with more than was asked for', answer({ ...boat, note: 1 }, sea)],
  ])('%s', (_, text) => {
    const validation = single.validate(text);
    expect(validation).toMatchObject({ ok: true, text });
    expect(validation.ok && single.validate(validation.text)).toEqual(validation);
  });
});

describe('an answer is refused', () => {
  const shape = 'it is not an object with an array "verdicts"';
  const number = 'it has a verdict whose "claim" is not a whole number from 1 to 2';
  test.each([
    ['fenced, and more', `\`\`\`json\n${answer(boat, sea)}\n\`\`\` Done.`, /^it is .*JSON/],
    ['with a preamble', `Here it is: ${answer(boat, sea)}`, /^it is .*JSON/],
    ['cut in half', answer(boat, sea).slice(0, 40), /^it is .*JSON/],
    ['empty', '', /^it is .*JSON/],
    ['null', 'null', shape],
    ['a bare array', JSON.stringify([boat, sea]), shape],
    ['of another shape', '{"verdicts":{}}', shape],
    ['without a claim', answer(boat), 'it does not judge claim 2'],
    ['without any claim', answer(), 'it does not judge claim 1; it does not judge claim 2'],
    ['with a claim twice', answer(boat, sea, boat), 'it judges claim 1 more than once'],
    ['with a third claim', answer(boat, sea, { ...sea, claim: 3 }), number],
    ['with claim 0', answer({ ...boat, claim: 0 }, sea), number],
    ['with half a claim', answer({ ...boat, claim: 1.5 }, sea), number],
    ['with a number as text', answer({ ...boat, claim: '1' }, sea), number],
    [
      'with another verdict',
      answer({ ...boat, verdict: 'Holds' }, sea),
      'its verdict on claim 1 is none of holds, fails, unclear',
    ],
    ['without evidence', answer(boat, { claim: 2, verdict: 'fails' }), /^its evidence for claim 2/],
    ['with blank evidence', answer(boat, { ...sea, evidence: ' \n' }), /^its evidence for claim 2/],
    ['with a bare word', answer(boat, sea, 'holds'), 'it has a verdict that is not an object'],
    ['with an array as a verdict', answer(boat, []), 'it has a verdict that is not an object'],
  ])('%s', (_, text, problem) => {
    const validation = single.validate(text);
    expect(validation.ok).toBe(false);
    const said = validation.ok ? '' : validation.problem;
    if (typeof problem === 'string') expect(said).toBe(problem);
    else expect(said).toMatch(problem);
  });

  test('with many faults, of which it names a few', () => {
    const brief = checkBrief(Array(40).fill('c'), { together: false });
    expect(brief.validate(answer())).toEqual({
      ok: false,
      problem: `${[1, 2, 3, 4, 5].map((n) => `it does not judge claim ${n}`).join('; ')}; and 35 more`,
    });
  });
});

describe('one answer comes to', () => {
  test('one verdict per claim, in the order of the claims, and a line for each', () => {
    const { text, data } = conclude(single, [answer(sea, boat)]);
    expect(data).toEqual({
      verdicts: [
        { claim: CLAIMS[0], verdict: 'holds', evidence: 'A red boat.' },
        { claim: CLAIMS[1], verdict: 'fails', evidence: 'There are waves.' },
      ],
    });
    expect(text).toBe('✓ A boat is there.\tA red boat.\n✗ The sea is calm.\tThere are waves.');
    expect(countVerdicts(data)).toEqual({ holds: 1, fails: 1, unclear: 0 });
  });

  test('lines that no claim or evidence can break', () => {
    const brief = checkBrief(['two\n\tlines '], { together: false });
    const said = { claim: 1, evidence: 'a\r\nb\u2028c\td', verdict: 'unclear' };
    const { text, data } = conclude(brief, [answer(said)]);
    expect(text).toBe('? two lines\ta b c d');
    expect(data.verdicts).toEqual([
      { claim: 'two\n\tlines ', verdict: 'unclear', evidence: 'a\r\nb\u2028c\td' },
    ]);
  });

  test('a box in pixels if the model gave one', () => {
    const { data } = conclude(single, [answer({ ...boat, box_2d: [100, 250, 500, 750] }, sea)]);
    expect(data.verdicts[0]).toMatchObject({
      box: { x: 500, y: 50, width: 1000, height: 200 },
      normalized: [100, 250, 500, 750],
    });
    expect(data.verdicts[1]).not.toHaveProperty('box');
  });

  test.each([[[1, 2, 3]], ['all'], [null], [[5, 5, 5, 5]], [{ x: 1 }]])(
    'no box where it is %j',
    (box) => {
      const { data } = conclude(single, [answer({ ...boat, box_2d: box }, sea)]);
      expect(Object.keys(data.verdicts[0] ?? {})).toEqual(['claim', 'verdict', 'evidence']);
    },
  );

  test('no box if several pictures are judged together', () => {
    const brief = checkBrief(CLAIMS, { together: true });
    const text = answer({ ...boat, box_2d: [100, 250, 500, 750] }, sea);
    const { data } = conclude(brief, [text], [picture(), picture()]);
    expect(data.verdicts[0]).not.toHaveProperty('box');
    expect(data.verdicts[0]).not.toHaveProperty('normalized');
  });
});

describe('several answers come to', () => {
  const one = checkBrief(['c'], { together: false });
  const vote = (verdict: string | undefined, index: number) =>
    verdict && answer({ claim: 1, evidence: `E${index + 1}`, verdict, box_2d: box(index) });
  const box = (index: number) => [0, 0, 100 * (index + 1), 1000];
  const [h, f, u, none] = ['holds', 'fails', 'unclear', undefined];

  test.each([
    ['two that agree', [h, h], 'holds', 'E1'],
    ['two that do not', [h, f], 'unclear', 'No majority of 2 votes: 1 holds (E1), 1 fails (E2)'],
    ['two of three', [f, h, h], 'holds', 'E2'],
    ['two of three that fail', [h, f, f], 'fails', 'E2'],
    ['two of three that cannot tell', [h, u, u], 'unclear', 'E2'],
    [
      'one each',
      [u, f, h],
      'unclear',
      'No majority of 3 votes: 1 holds (E3), 1 fails (E2), 1 unclear (E1)',
    ],
    ['two, with one lost', [none, f, f], 'fails', 'E2'],
    [
      'one, with two lost',
      [h, none, none],
      'unclear',
      'No majority of 3 votes: 1 holds (E1), 2 without an answer',
    ],
    ['half of four', [h, f, h, f], 'unclear', 'No majority of 4 votes: 2 hold (E1), 2 fail (E2)'],
    [
      'half of four, with one lost',
      [h, h, f, none],
      'unclear',
      'No majority of 4 votes: 2 hold (E1), 1 fails (E3), 1 without an answer',
    ],
    ['three of five', [f, h, u, h, h], 'holds', 'E2'],
    [
      'two of five',
      [h, h, f, u, u],
      'unclear',
      'No majority of 5 votes: 2 hold (E1), 1 fails (E3), 2 unclear (E4)',
    ],
    ['none at all', [none, none], 'unclear', 'There was no answer.'],
  ])('%s', (_, verdicts, verdict, evidence) => {
    const { data } = conclude(one, verdicts.map(vote));
    const count = (name: string) => verdicts.filter((given) => given === name).length;
    expect(data.verdicts).toEqual([
      {
        claim: 'c',
        verdict,
        evidence,
        votes: { holds: count('holds'), fails: count('fails'), unclear: count('unclear') },
        ...(/^E\d$/.test(evidence) && {
          box: expect.anything(),
          normalized: box(Number(evidence.slice(1)) - 1),
        }),
      },
    ]);
  });

  test('one verdict for each claim by itself', () => {
    const other = answer({ ...boat, verdict: 'fails' }, { ...sea, evidence: 'Foam.' });
    const { data } = conclude(single, [answer(boat, sea), other, answer(sea, boat)]);
    expect(data.verdicts).toMatchObject([
      { verdict: 'holds', votes: { holds: 2, fails: 1, unclear: 0 } },
      { verdict: 'fails', evidence: 'There are waves.', votes: { holds: 0, fails: 3, unclear: 0 } },
    ]);
  });

  test('a box only from the vote whose evidence is shown', () => {
    const boxed = answer({ claim: 1, evidence: 'E2', verdict: 'holds', box_2d: box(0) });
    const { data } = conclude(one, [answer({ claim: 1, evidence: 'E1', verdict: 'holds' }), boxed]);
    expect(data.verdicts[0]).toMatchObject({ evidence: 'E1' });
    expect(data.verdicts[0]).not.toHaveProperty('box');
  });

  test('no count of votes if only one was asked for, even if it was lost', () => {
    expect(conclude(one, [undefined]).data.verdicts).toEqual([
      { claim: 'c', verdict: 'unclear', evidence: 'There was no answer.' },
    ]);
  });
});

import { expect, test } from 'vitest';
import { inJson, request, type Shown, textOf } from './asked.js';
import { emulatorForFile, fixture } from './client.js';

const { generate } = emulatorForFile();
const harbor: Shown = ['image/jpeg', fixture('harbor.jpg')];

const box = { type: 'array', items: { type: 'integer' }, minItems: 4, maxItems: 4 };

function schemaFor(count: number, properties: object = {}, required: string[] = []) {
  const item = {
    type: 'object',
    properties: {
      claim: { type: 'integer', minimum: 1, maximum: count },
      evidence: { type: 'string' },
      verdict: { type: 'string', enum: ['holds', 'fails', 'unclear'] },
      ...properties,
    },
    required: ['claim', 'evidence', 'verdict', ...required],
  };
  const verdicts = { type: 'array', items: item, minItems: count, maxItems: count };
  return { type: 'object', properties: { verdicts }, required: ['verdicts'] };
}

const block = (claim: string, at: number) => `<claim id="${at + 1}">\n${claim}\n</claim>`;

interface Judged {
  claim: number;
  verdict: string;
  evidence: string;
  box_2d?: number[];
  confidence?: number;
}

async function judged(claims: string[], schema: object, pictures = [harbor]): Promise<Judged[]> {
  const prompt = ['Judge each.', ...claims.map(block)].join('\n\n');
  const text = await textOf(generate(request(pictures, prompt, inJson(schema))));
  return JSON.parse(text).verdicts;
}

test('the wording of a claim scripts its verdict', async () => {
  const claims = [
    'It is sunny [holds]',
    'There is\na cat [fails] [holds]',
    '[unclear] "quoted" 🎉',
    'A plain claim',
    'It [Holds]',
    '',
  ];
  const verdicts = await judged(claims, schemaFor(claims.length));
  expect(verdicts.map(({ claim }) => claim)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(verdicts.map(({ verdict }) => verdict)).toEqual([
    'holds',
    'fails',
    'unclear',
    'unclear',
    'unclear',
    'unclear',
  ]);
  for (const { evidence } of verdicts) expect(evidence).toMatch(/^\[offline\] /);
  expect(verdicts[3]?.evidence).toContain('cannot judge claims');
});

test('a claim of 10 KB is read to its end', async () => {
  const [verdict] = await judged([`${'long '.repeat(2500)}[fails]`], schemaFor(1));
  expect(verdict?.verdict).toBe('fails');
});

test('a verdict about a single picture has a box', async () => {
  const claims = ['[holds]', '[fails]', '[unclear]', 'none'];
  const verdicts = await judged(claims, schemaFor(4, { box_2d: box }));
  expect(verdicts.map((verdict) => 'box_2d' in verdict)).toEqual([true, true, false, false]);
  for (const { box_2d = [] } of verdicts.slice(0, 2)) {
    const [top = 0, left = 0, bottom = 0, right = 0] = box_2d;
    expect(top).toBeLessThan(bottom);
    expect(left).toBeLessThan(right);
    expect(Math.max(...box_2d)).toBeLessThanOrEqual(1000);
  }
  const together = await judged(claims, schemaFor(4, { box_2d: box }), [harbor, harbor]);
  expect(together.some((verdict) => 'box_2d' in verdict)).toBe(false);
});

test('a box that is required is given in any case', async () => {
  const verdicts = await judged(['none'], schemaFor(1, { box_2d: box }, ['box_2d']));
  expect(verdicts[0]?.box_2d).toHaveLength(4);
});

test('other properties are filled as usual', async () => {
  const confidence = { type: 'number', minimum: 0, maximum: 1 };
  const [verdict] = await judged(['[holds]'], schemaFor(1, { confidence }));
  expect(verdict?.confidence).toBeGreaterThan(0);
});

test('claims and schema may disagree on the number', async () => {
  expect(await judged(['[holds]', '[fails]'], schemaFor(1))).toHaveLength(1);
  const [, missing] = await judged(['[holds]'], schemaFor(2));
  expect(missing).toMatchObject({ claim: 2, verdict: 'unclear' });
});

test('claims of a prompt that is sent again count once', async () => {
  const prompt = block('[holds]', 0);
  const again = `Answer again. It was:\n${block('[fails]', 0)}`;
  const body = request([harbor], [prompt, again], inJson(schemaFor(1)));
  const [verdict] = JSON.parse(await textOf(generate(body))).verdicts;
  expect(verdict.verdict).toBe('holds');
});

test('a claim without an end is no claim', async () => {
  const body = request([harbor], '<claim id="1">\n'.repeat(20_000), inJson(schemaFor(1)));
  const [verdict] = JSON.parse(await textOf(generate(body))).verdicts;
  expect(verdict.verdict).toBe('unclear');
});

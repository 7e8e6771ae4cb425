import { expect, test } from 'vitest';
import { emulatorForFile, fixture, MODEL } from './client.js';
import { upload } from './upload-client.js';

const { url, post, generate } = emulatorForFile({ processingMs: 0 });

const SMALL = { inlineData: inline('image/png', 'small.png') };
const HARBOR = { inlineData: inline('image/jpeg', 'harbor.jpg') };
const PROMPT = { text: 'Which is larger?' };

function inline(mimeType: string, name: string) {
  return { mimeType, data: fixture(name).toString('base64') };
}

const asking = (...parts: object[]) => ({ contents: [{ role: 'user', parts }] });

async function told(...parts: object[]): Promise<string> {
  const { json } = await generate(asking(...parts));
  expect(json.error).toBeUndefined();
  return json.candidates[0].content.parts[0].text;
}

/** What is said of a picture that is alone, after the article and without the full stop. */
async function wordsOn(part: object): Promise<string> {
  const text = await told(part, PROMPT);
  return text.slice('[offline] A '.length, -1);
}

test('pictures are described one by one, under the names before them', async () => {
  const [harbor, small] = [await wordsOn(HARBOR), await wordsOn(SMALL)];
  const names = [{ text: 'harbor.jpg' }, { text: ' pics/\nsmall.png:\n' }];
  expect(await told(names[0] ?? {}, HARBOR, names[1] ?? {}, SMALL, PROMPT)).toBe(
    `[offline] 2 pictures. harbor.jpg: a ${harbor}; pics/ small.png: a ${small}.`,
  );
});

test('a picture without a name has its number', async () => {
  const small = await wordsOn(SMALL);
  expect(await told({ text: 'one.png' }, SMALL, SMALL, PROMPT)).toBe(
    `[offline] 2 pictures. one.png: a ${small}; Picture 2: a ${small}.`,
  );
});

test('a name before the only picture changes nothing', async () => {
  expect(await told({ text: 'small.png' }, SMALL, PROMPT)).toBe(await told(SMALL, PROMPT));
});

test('a name without end is cut', async () => {
  const text = await told({ text: 'é'.repeat(5000) }, SMALL, SMALL, PROMPT);
  expect(text).toContain(` ${'é'.repeat(200)}…: a PNG `);
});

test('pictures over several contents count together', async () => {
  const contents = [{ parts: [{ text: 'a.png' }, SMALL] }, { parts: [SMALL, PROMPT] }];
  const { json } = await generate({ contents });
  const text = json.candidates[0].content.parts[0].text;
  expect(text).toMatch(/^\[offline\] 2 pictures\. a\.png: a PNG .* Picture 2: a PNG /);
});

test('of many pictures, ten are described', async () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, at) => [{ text: `${at}.png` }, SMALL]).flat();
  expect(await told(...many(10), PROMPT)).toMatch(/^\[offline\] 10 pictures\. .* 9\.png: [^:]*\.$/);
  const text = await told(...many(24), PROMPT);
  expect(text).toMatch(/^\[offline\] 24 pictures\. 0\.png: a PNG .* 9\.png: .*; and 14 more\.$/);
  expect(text).not.toContain('10.png');
});

test('all pictures are counted, also by countTokens', async () => {
  const body = asking(...Array.from({ length: 12 }, () => SMALL), PROMPT);
  const details = [
    { modality: 'IMAGE', tokenCount: 12 * 1120 },
    { modality: 'TEXT', tokenCount: 4 },
  ];
  const { usageMetadata } = (await generate(body)).json;
  expect(usageMetadata.promptTokensDetails).toEqual(details);
  const counted = await post(`/v1beta/models/${MODEL}:countTokens`, body);
  expect(counted.json).toEqual({ totalTokens: 12 * 1120 + 4, promptTokensDetails: details });
});

test('a broken picture is found even if it is not described', async () => {
  const broken = { inlineData: inline('image/jpeg', 'broken/cut-body.jpg') };
  const parts = [...Array.from({ length: 12 }, () => SMALL), broken, PROMPT];
  const { status, json } = await generate(asking(...parts));
  expect(status).toBe(400);
  expect(json.error.message).toMatch(/^Unable to process input image\./);
});

test('inline and uploaded pictures mix, in their order', async () => {
  const { uri } = await upload(url(), 'image/jpeg', fixture('harbor.jpg'));
  const file = { fileData: { fileUri: uri, mimeType: 'image/jpeg' } };
  const named = [{ text: 'a' }, SMALL, { text: 'b' }, file, { text: 'c' }, SMALL];
  const text = await told(...named, PROMPT);
  expect(text).toMatch(/3 pictures\. a: a PNG .* b: a JPEG picture of 1280 × 853 .* c: a PNG /);
});

test('3,600 pictures are taken, one more is refused', async () => {
  const { uri } = await upload(url(), 'image/png', fixture('small.png'));
  const file = { fileData: { fileUri: uri } };
  const many = (count: number) => asking(...Array.from({ length: count }, () => file), PROMPT);
  const { json } = await generate(many(3600));
  expect(json.candidates[0].content.parts[0].text).toMatch(/; and 3590 more\.$/);
  const { status, json: refused } = await generate(many(3601));
  expect(status).toBe(400);
  expect(refused.error.message).toBe(
    '* GenerateContentRequest.contents: at most 3600 images are allowed, got 3601.\n',
  );
});

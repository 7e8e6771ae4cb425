import { expect, test } from 'vitest';
import { request, type Shown, textOf } from './asked.js';
import { emulatorForFile, fixture } from './client.js';

const { generate } = emulatorForFile();
const boat: Shown = ['image/jpeg', fixture('small.jpg')];
const turned: Shown = ['image/jpeg', fixture('turned.jpg')];
const small: Shown = ['image/png', fixture('small.png')];

const told = (prompt: string | string[], ...pictures: Shown[]) =>
  textOf(generate(request(pictures, prompt)));

test.each([
  'What is it?',
  'Write a caption for this image.',
  'Describe the product.',
  'Describe it for training.',
  'Name the subtitles of entitled details.',
])('%j changes nothing', async (prompt) => {
  expect(await told(prompt, boat)).toMatch(
    /^\[offline\] A JPEG picture of 96 × 64 pixels, landscape, mostly .*\(\d+%\)\.$/,
  );
});

test('alt text is one line of at most 125 characters', async () => {
  const many = Array.from({ length: 30 }, () => small);
  for (const pictures of [[boat], [turned], [small], [], [boat, small], many]) {
    const text = await told('Write alt text for it.', ...pictures);
    expect(text).toMatch(/^\[offline\] [^\n]+$/);
    expect(text).not.toMatch(/(image|picture) of/);
    expect(text.length).toBeLessThanOrEqual(125);
  }
  expect(await told('Write alt-text.', boat)).toMatch(/^\[offline\] JPEG, 96 × 64 pixels, /);
});

test('a title is short and has no full stop', async () => {
  for (const pictures of [[boat], [turned], [], [boat, small]]) {
    const text = await told('Give it a title.', ...pictures);
    expect(text).toMatch(/^\[offline\] [^.\n]+$/);
    expect(text.length).toBeLessThanOrEqual(80);
  }
});

test('no text is read', async () => {
  expect(await told('Transcribe the text in this image.', boat)).toBe(
    '[offline] The emulator reads no text.',
  );
});

test('in detail are several sentences with everything that was measured', async () => {
  const text = await told('Describe it in detail.', turned);
  expect(text).toMatch(/^\[offline\] /);
  expect(text.match(/[a-z)]\.( |$)/g)?.length).toBeGreaterThanOrEqual(4);
  for (const fact of ['JPEG', 'wide', 'high', 'shape', 'mostly', '%', 'EXIF']) {
    expect(text).toContain(fact);
  }
});

test('nothing is guessed', async () => {
  for (const prompt of ['a', 'alt text', 'title', 'in detail', 'Transcribe']) {
    expect(await told(prompt, boat)).not.toMatch(/seem|appear|probabl|likely|perhaps/i);
  }
});

const PROMPTS = ['Describe it', 'Write alt text', 'A title', 'Transcribe it', 'Say it in detail'];

test.each(PROMPTS)('%s: limits of words are kept to', async (prompt) => {
  const words = new Intl.Segmenter('en', { granularity: 'word' });
  for (const pictures of [[turned], [], [turned, small]]) {
    let before = 0;
    for (let most = 1; most <= 24; most += 1) {
      const text = await told(`${prompt}. Use at most ${most} words.`, ...pictures);
      expect(text).toMatch(/^\[offline\]/);
      expect(text.split(/\s+/).length).toBeLessThanOrEqual(most);
      const segments = [...words.segment(text)].filter(({ isWordLike }) => isWordLike);
      expect(segments.length).toBeLessThanOrEqual(most);
      // More room never makes the text shorter.
      expect(text.length).toBeGreaterThanOrEqual(before);
      before = text.length;
    }
    expect(before).toBeGreaterThan('[offline]'.length);
  }
});

test('limits of characters are kept to', async () => {
  for (let most = 9; most <= 120; most += 3) {
    const text = await told(`Describe it, at most ${most} characters.`, boat);
    expect(text).toMatch(/^\[offline\]/);
    expect(text.length).toBeLessThanOrEqual(most);
  }
  expect(await told('At most 1,000 characters.', boat)).toBe(await told('Hello', boat));
});

test('the strictest limit holds, wherever it is', async () => {
  const text = await told(['At most 50 words.', 'At most 4 words.'], boat);
  expect(text).toBe('[offline] A JPEG picture.');
});

test('the system instruction is looked at, after the prompt', async () => {
  const instructed = (prompt: string, text: string) =>
    textOf(generate({ ...request([boat], prompt), systemInstruction: { parts: [{ text }] } }));
  expect(await instructed('Go.', 'Always write a title.')).toMatch(/^\[offline\] Landscape JPEG/);
  expect(await instructed('Transcribe.', 'A title.')).toMatch(/reads no text/);
  expect(await instructed('Go.', 'At most 2 words.')).toBe('[offline] JPEG.');
});

test('text after the prompt does not change its style', async () => {
  const prompt = 'Write alt text for this image, and no title.';
  const again = 'An earlier answer is not usable: it is a title, with a caption in detail.';
  expect(await told([prompt, again], boat)).toBe(await told(prompt, boat));
});

test('the style that a prompt names first counts', async () => {
  const title = await told('Write a title for this image, but no alt text.', boat);
  expect(title).toBe(await told('Write a title.', boat));
  expect(await told('Transcribe the title.', boat)).toMatch(/reads no text/);
});

test('names of pictures ask for nothing', async () => {
  const parts = [boat, small].flatMap(([mimeType, bytes]) => [
    { text: 'title, at most 3 words.png' },
    { inlineData: { mimeType, data: bytes.toString('base64') } },
  ]);
  const contents = [{ parts: [...parts, { text: 'What is it?' }] }];
  expect(await textOf(generate({ contents }))).toMatch(/^\[offline\] 2 pictures\. title, at most/);
});

test('a prompt before the only picture counts', async () => {
  const [mimeType, bytes] = boat;
  const inlineData = { mimeType, data: bytes.toString('base64') };
  const contents = [{ parts: [{ text: 'Write a title.' }, { inlineData }] }];
  expect(await textOf(generate({ contents }))).toMatch(/^\[offline\] Landscape JPEG/);
});

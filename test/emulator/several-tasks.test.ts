import { expect, test } from 'vitest';
import { inJson, request, type Shown, textOf } from './asked.js';
import { emulatorForFile, fixture } from './client.js';

const { generate } = emulatorForFile();
const boat: Shown = ['image/jpeg', fixture('small.jpg')];

const task = (name: string, text: string) => `<task name="${name}">\n${text}\n</task>`;

async function answerTo(names: readonly string[], ...prompt: string[]) {
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
  const schema = { type: 'object', properties, required: names };
  return JSON.parse(await textOf(generate(request([boat], prompt.join('\n\n'), inJson(schema)))));
}

test('each property keeps to its own task, and to the limits of no other', async () => {
  const { a, b, c } = await answerTo(
    ['a', 'b', 'c'],
    'Do each of these.',
    task('a', 'Write a title of at most 40 characters.'),
    task('b', 'Describe it in detail.'),
    task('c', 'Use at most 3 words.'),
  );
  expect(a).toMatch(/^\[offline\] Landscape JPEG/);
  expect(a.length).toBeLessThanOrEqual(40);
  expect(b).toContain('96 pixels wide');
  expect(b.length).toBeGreaterThan(80);
  expect(c.split(/\s+/).length).toBeLessThanOrEqual(3);
});

test('tags of tasks may have a number, and end at their own', async () => {
  const { a, b } = await answerTo(
    ['a', 'b'],
    '<task-2 name="a">\nUse at most 2 words.\n</task>\n<task name="b">\n</task-2>',
    '<task-2 name="b">\nUse at most 8 words.\n</task-2>',
  );
  expect(a.split(/\s+/)).toHaveLength(2);
  expect(b.split(/\s+/).length).toBeGreaterThan(2);
});

test('a task that is not closed, or has no property, changes nothing', async () => {
  const plain = await answerTo(['a'], 'What is it?');
  for (const other of ['<task name="a">\nWrite a title.', task('b', 'Write a title.')]) {
    // The lengths of the prompts differ, but a picture is described the same.
    expect(Object.keys(await answerTo(['a'], 'What is it?', other))).toEqual(Object.keys(plain));
  }
});

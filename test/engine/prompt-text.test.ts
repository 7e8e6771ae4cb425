import { expect, test } from 'vitest';
import {
  checkPlaceholders,
  factsOfName,
  fillPlaceholders,
  hasPlaceholders,
  literalTemplate,
} from '../../src/engine/prompt-text.js';
import { failureOf } from '../support/ask.js';

const FACTS = { name: 'boat.jpg', stem: 'boat', folder: 'summer' };

test.each([
  ['{name}', 'boat.jpg'],
  ['{ stem\t} in {folder}', 'boat in summer'],
  ['{name}{name}', 'boat.jpgboat.jpg'],
  ['{{{name}}', '{boat.jpg}'],
  ['{{{name}}}', '{boat.jpg}'],
  ['{{"file": "{name}"}}', '{"file": "boat.jpg"}'],
  ['<{stem}>}', '<boat>}'],
])('%j depends on the picture, and becomes %j', (template, text) => {
  expect(hasPlaceholders(template)).toBe(true);
  expect(fillPlaceholders(template, FACTS)).toBe(text);
});

test.each([
  ['no braces', 'no braces'],
  ['{{name}}', '{name}'],
  ['{{name}', '{name}'],
  ['{{', '{'],
  ['{{}}', '{}'],
  ['}}', '}}'],
  ['{{"a": 1}}', '{"a": 1}'],
  ['{{"a": {{"b": 1}}}}', '{"a": {"b": 1}}'],
  ['{{"a": {"b": 1}}}', '{"a": {"b": 1}}'],
  ['{"a": {"b": {"c": 1}}}', '{"a": {"b": {"c": 1}}}'],
  ['{{name} and {"a": {"b": 1}}', '{name} and {"a": {"b": 1}}'],
  ['{"a": {{name}}}', '{"a": {name}}'],
  ['{{{{', '{{'],
  ['{"a": 1}', '{"a": 1}'],
  ['{ a: 1 }', '{ a: 1 }'],
  ['{1}', '{1}'],
  ['\\d{3,5}', '\\d{3,5}'],
  ['{first name}', '{first name}'],
  ['{\nname}', '{\nname}'],
  ['{name\n}', '{name\n}'],
  ['{\n}', '{\n}'],
  ['{}', '{}'],
  ['{ \t}', '{ \t}'],
  ['{"tags": {}, "more": {"a": {}}}', '{"tags": {}, "more": {"a": {}}}'],
  ['{name', '{name'],
  ['name}', 'name}'],
  ['}{', '}{'],
  ['{🚤}', '{🚤}'],
])('%j does not depend on the picture, and becomes %j', (template, text) => {
  expect(() => checkPlaceholders(template)).not.toThrow();
  expect(hasPlaceholders(template)).toBe(false);
  expect(fillPlaceholders(template, FACTS)).toBe(text);
});

test.each([
  ['{nope}', 'nope'],
  ['a {name} {Name}', 'Name'],
  ['{constructor}', 'constructor'],
  ['{__proto__}', '__proto__'],
  ['{file-name}', 'file-name'],
  ['{größe}', 'größe'],
  ['{{{nope}', 'nope'],
])('%j has an unknown placeholder', async (template, name) => {
  const error = { kind: 'usage', message: `unknown placeholder {${name}}` };
  expect(await failureOf((async () => checkPlaceholders(template))())).toMatchObject({
    ...error,
    hint: 'There are {name}, {stem} and {folder}; write {{ and }} for braces.',
  });
  expect(await failureOf((async () => fillPlaceholders(template, FACTS))())).toMatchObject(error);
});

test.each(['{name} {{stem}} { } }} {"a":{"b":{}}} {{{', '}} {{ }} } { }}}', '{{{}}}}{', 'none'])(
  '%j has a template that gives it to the letter',
  (text) => {
    expect(hasPlaceholders(literalTemplate(text))).toBe(false);
    expect(fillPlaceholders(`${literalTemplate(text)} {name}`, FACTS)).toBe(`${text} boat.jpg`);
  },
);

test('placeholders in filled-in text stay', () => {
  const facts = { name: '{stem} {{ {nope}', stem: "$& $1 $` $' $$", folder: '' };
  expect(fillPlaceholders('{name}|{stem}|{folder}|', facts)).toBe(
    "{stem} {{ {nope}|$& $1 $` $' $$||",
  );
});

test.each([
  ['photos/summer/boat.jpg', 'boat.jpg', 'boat', 'summer'],
  ['/photos/old boats/b.tar.gz', 'b.tar.gz', 'b.tar', 'old boats'],
  ['/boat.jpg', 'boat.jpg', 'boat', ''],
  ['/a/.hidden', '.hidden', '.hidden', 'a'],
  ['/a/README', 'README', 'README', 'a'],
  ['https://example.org/photos/my%20boat.jpg?w=3#x', 'my boat.jpg', 'my boat', 'photos'],
  ['HTTP://example.org:8080/h%C3%A4fen/b%7B.png', 'b{.png', 'b{', 'häfen'],
  ['https://example.org/boat.jpg', 'boat.jpg', 'boat', 'example.org'],
  ['https://example.org/photos/boat.jpg/', 'boat.jpg', 'boat', 'photos'],
  ['https://example.org', 'example.org', 'example', 'example.org'],
  ['https://example.org/a/b%2Fc.jpg', 'b%2Fc.jpg', 'b%2Fc', 'a'],
  ['https://example.org/a/100%.jpg', '100%.jpg', '100%', 'a'],
])('%s has its facts', (path, name, stem, folder) => {
  expect(factsOfName(path)).toEqual({ name, stem, folder });
});

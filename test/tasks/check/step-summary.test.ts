import { expect, test } from 'vitest';
import { stepSummary } from '../../../src/tasks/check/github.js';
import { failed, HOSTILE, judged, ok, randomTexts, together, togetherFailed } from './records.js';

test('a table of pictures, claims and verdicts, with their sums', () => {
  const summary = stepSummary();
  summary.add(ok('a', judged('holds', 'A boat', 'Red'), judged('fails', 'Calm', 'Waves')));
  summary.add(together(['b', 'c'], judged('unclear', 'Noon', 'Fog')));
  summary.add(failed('d', 'gone'));
  summary.add(togetherFailed('e', 'f'));
  expect(summary.render()).toBe(`
### gemini-image check

1 ✓ · 1 ✗ · 1 ? · 2 not judged

| picture | claim | verdict | evidence |
| --- | --- | --- | --- |
| a | A boat | ✓ holds | Red |
| a | Calm | ✗ fails | Waves |
| b&#44; c | Noon | &#63; unclear | Fog |
| d |  | not judged | input&#58; gone |
| e&#44; f |  | not judged | input&#58; there is no such file |
`);
});

/** The rows of a table, each by its cells; every cell is what its references stand for. */
function rows(markdown: string): string[][] {
  const [, body = ''] = markdown.split('| --- | --- | --- | --- |\n');
  return body
    .split(/[\r\n\u2028\u2029]/)
    .filter((line) => line !== '')
    .map((line) => {
      // Letters, blanks, references and what is not ASCII cannot stand for markup.
      expect(line).toMatch(/^\|( (?:[a-zA-Z0-9 ]|&#\d+;|[^\0-\x7f])* \|){4}$/);
      return line.slice(2, -2).split(' | ').map(decoded);
    });
}

function decoded(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
}

test.each([...HOSTILE, ...randomTexts()])('hostile text %# is no markup', (text) => {
  const summary = stepSummary();
  summary.add(ok(text, judged('fails', text, text)));
  summary.add(failed('a', text));
  const [[name, claim, verdict, evidence] = [], error = [], ...more] = rows(summary.render());
  expect(more).toEqual([]);
  expect([name, claim]).toEqual([evidence, evidence]);
  expect(verdict).toBe('✗ fails');
  expect(error[3]).toBe(`input: ${evidence}`);
  const visible = /[\p{L}\p{Emoji}]/gu;
  const expected = text.replace(/[\0-\x1f\x7f\x85\u202e]/g, '').match(visible) ?? [];
  expect((evidence ?? '').replace(/\\u\{\w+\}/g, '').match(visible)).toEqual(expected);
});

test('what is too long for a step is cut, and the missing rows are counted', () => {
  const summary = stepSummary();
  const claim = '|'.repeat(10_000);
  for (let number = 0; number < 1000; number += 1) summary.add(ok('a', judged('holds', claim)));
  summary.add(ok('b', judged('fails', 'short')));
  const text = summary.render();
  const bytes = Buffer.byteLength(text);
  expect(bytes).toBeLessThan(1024 * 1024);
  expect(bytes).toBeGreaterThan(900 * 1024);
  expect(text).toContain('\n1,000 ✓ · 1 ✗ · 0 ?\n');
  const shown = text.split('\n').filter((line) => line.startsWith('| a')).length;
  expect(text.split('\n').filter((line) => line.startsWith('| b'))).toEqual([]);
  expect(text).toMatch(new RegExp(`\\|\n\n${1001 - shown} more rows are left out\\.\n$`));
});

test('it keeps to the room left in the file', () => {
  const summary = stepSummary(1024 + 60);
  summary.add(ok('a', judged('holds', 'one', 'x'), judged('holds', 'two', 'y')));
  summary.add(ok('a', judged('holds', 'z'.repeat(100))));
  expect(summary.render()).toMatch(/\| y \|\n\n1 more row is left out\.\n$/);
});

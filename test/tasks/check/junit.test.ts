import { parse, type TestSuites } from 'junit2json';
import { expect, test } from 'vitest';
import type { CaptionRecord, ErrorRecord } from '../../../src/domain/record.js';
import { verdictFormats } from '../../../src/tasks/check/formats.js';
import type { CheckResult } from '../../../src/tasks/check/verdict.js';
import { failed, HOSTILE, judged, ok, randomTexts, together, togetherFailed } from './records.js';

function write(claims: string[], ...records: CaptionRecord<CheckResult>[]): string {
  return writeUntil(undefined, claims, ...records);
}

/** The same of a run that ended early, for a reason. */
function writeUntil(
  reason: Pick<ErrorRecord, 'kind' | 'message'> | undefined,
  claims: string[],
  ...records: CaptionRecord<CheckResult>[]
): string {
  const format = verdictFormats.junit.create({ several: records.length > 1, claims });
  for (const record of records) expect(format.record(record)).toBe('');
  return format.end(reason);
}

/** As a reader has it that takes only what is well-formed. */
async function read(xml: string, asText = false): Promise<TestSuites> {
  // By default the reader makes numbers of attributes that look like one.
  const found = await (asText ? parse(xml, {}) : parse(xml));
  if (!found || !('testsuite' in found)) throw new Error('there are no suites');
  return found;
}

test('a run has a suite per picture, a test case per claim, and correct sums', async () => {
  const box = { x: 1, y: 2, width: 30, height: 40 };
  const votes = { holds: 1, fails: 2, unclear: 0 };
  const xml = write(
    ['The sea is calm.', 'It is noon.'],
    ok('a.png', judged('holds', 'The sea is calm.', 'No wave.'), judged('unclear', 'It is noon.')),
    ok('b.png', judged('fails', 'The sea is calm.', 'A wave.', { box, votes })),
    failed('c.png'),
  );
  const details = (type: string, text: string, inner = text) => [{ message: text, type, inner }];
  const lost = details('input', 'there is no such file', 'there is no such file\nLook again.');
  expect(await read(xml)).toEqual({
    name: 'gemini-image check',
    tests: 5,
    failures: 1,
    errors: 3,
    time: 3,
    testsuite: [
      {
        name: 'a.png',
        tests: 2,
        failures: 0,
        errors: 1,
        skipped: 0,
        time: 1.5,
        testcase: [
          {
            classname: 'a.png',
            name: 'The sea is calm.',
            time: 0.75,
            'system-out': ['No wave.'],
          },
          {
            classname: 'a.png',
            name: 'It is noon.',
            time: 0.75,
            error: details('unclear', 'There are waves.'),
          },
        ],
      },
      {
        name: 'b.png',
        tests: 1,
        failures: 1,
        errors: 0,
        skipped: 0,
        time: 1.5,
        testcase: [
          {
            classname: 'b.png',
            name: 'The sea is calm.',
            time: 1.5,
            failure: details('fails', 'A wave.'),
            'system-out': ['box: x=1 y=2 width=30 height=40\nvotes: holds=1 fails=2 unclear=0'],
          },
        ],
      },
      {
        name: 'c.png',
        tests: 2,
        failures: 0,
        errors: 2,
        skipped: 0,
        time: 0,
        testcase: [
          { classname: 'c.png', name: 'The sea is calm.', time: 0, error: lost },
          { classname: 'c.png', name: 'It is noon.', time: 0, error: lost },
        ],
      },
    ],
  });
});

test('times are decimals of seconds', () => {
  const xml = write(['c'], ok('a.png', judged('holds')));
  expect(xml.match(/time="[^"]*"/g)).toEqual(['time="1.500"', 'time="1.500"', 'time="1.500"']);
});

test('pictures together are one suite with the names of all', async () => {
  const { testsuite: suites = [] } = await read(
    write(['c'], together(['a.png', 'b.png'], judged('fails')), togetherFailed('c.png', 'd.png')),
  );
  expect(suites.map(({ name }) => name)).toEqual(['a.png, b.png', 'c.png, d.png']);
  expect(suites.map(({ testcase }) => testcase?.length)).toEqual([1, 1]);
});

test('a run that ended early has an extra suite with an error', async () => {
  const message = 'the "daily" quota is <used up>';
  const xml = writeUntil({ kind: 'quota', message }, ['c'], ok('a.png', judged('holds')));
  const { tests, errors, testsuite = [] } = await read(xml);
  expect([tests, errors]).toEqual([2, 1]);
  expect(testsuite.map(({ name }) => name)).toEqual(['a.png', 'the run']);
  const error = { type: 'quota', message, inner: `the run ended early: ${message}` };
  expect(testsuite[1]?.testcase).toMatchObject([{ classname: 'the run', error: [error] }]);
});

test('a run without pictures is a document without suites', () => {
  expect(write(['c'])).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      '<testsuites name="gemini-image check" tests="0" failures="0" errors="0" time="0.000"/>\n',
  );
});

test('a document stays the same to the byte', () => {
  const hostile = 'a "q" \'s\' <b>&amp;</b> ]]>\n\r\tand \0';
  const attribute =
    'a &quot;q&quot; &apos;s&apos; &lt;b&gt;&amp;amp;&lt;/b&gt; ]]&gt;&#10;&#13;&#9;and \ufffd';
  const text = 'a "q" \'s\' &lt;b&gt;&amp;amp;&lt;/b&gt; ]]&gt;\n&#13;\tand \ufffd';
  const xml = write([hostile], ok('a.png', judged('fails', hostile, hostile)), failed('b', ''));
  expect(xml).toBe(
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="gemini-image check" tests="2" failures="1" errors="1" time="1.500">
  <testsuite name="a.png" tests="1" failures="1" errors="0" skipped="0" time="1.500">
    <testcase classname="a.png" name="${attribute}" time="1.500">
      <failure message="${attribute}" type="fails">${text}</failure>
    </testcase>
  </testsuite>
  <testsuite name="b" tests="1" failures="0" errors="1" skipped="0" time="0.000">
    <testcase classname="b" name="${attribute}" time="0.000">
      <error message="" type="input">\nLook again.</error>
    </testcase>
  </testsuite>
</testsuites>
`,
  );
  expect(write(['c'], ok('a.png', judged('holds', 'c', '')))).toContain('  <system-out/>\n');
});

/** As it may be read back: what XML forbids is replaced. */
function permitted(text: string): string {
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd');
}

test.each([...HOSTILE, ...randomTexts()])('hostile text %# is read back as it is', async (text) => {
  const verdicts = [judged('fails', text, text), judged('holds', text, text)];
  const xml = write([text], ok(text, ...verdicts), failed(text, text));
  expect(xml).toBe(permitted(xml));
  // Readers are to make blanks of line breaks in attributes, though this one does not.
  expect(xml).not.toMatch(/<[^>]*[\t\r\n][^>]*>/);
  expect(xml).not.toContain('\r');

  const { testsuite: [suite, lost] = [] } = await read(xml, true);
  const expected = permitted(text);
  expect(suite?.name).toBe(expected);
  const details = { message: expected, inner: expected };
  expect(suite?.testcase).toMatchObject([
    { name: expected, classname: expected, failure: [details] },
    { name: expected, 'system-out': [expected] },
  ]);
  expect(lost?.testcase).toMatchObject([
    { name: expected, error: [{ message: expected, inner: `${expected}\nLook again.` }] },
  ]);
});

test('an error has the time that it really took', async () => {
  const format = verdictFormats.junit.create({ several: false, claims: ['A.', 'B.'] });
  format.record(failed('c.png'), 2500);
  const { time, testsuite = [] } = await read(format.end());
  expect({ time, suite: testsuite[0]?.time }).toEqual({ time: 2.5, suite: 2.5 });
  expect(testsuite[0]?.testcase?.map((one) => one.time)).toEqual([1.25, 1.25]);
});

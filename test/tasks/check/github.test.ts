import { expect, test } from 'vitest';
import { annotations, endedEarly } from '../../../src/tasks/check/github.js';
import { failed, HOSTILE, judged, ok, randomTexts, together, togetherFailed } from './records.js';

test.each([
  ['nothing for what holds', ok('a.png', judged('holds')), ''],
  [
    'an error for what fails',
    ok('shots/a.png', judged('holds'), judged('fails')),
    '::error file=shots/a.png,title=fails%3A The sea is calm.::There are waves.\n',
  ],
  [
    'a warning for what is unclear',
    ok('a.png', judged('unclear', 'a, b: 100%', 'c, d: 100%')),
    '::warning file=a.png,title=unclear%3A a%2C b%3A 100%25::c, d: 100%25\n',
  ],
  [
    'an error for a picture that failed',
    failed('a,b:c.png'),
    '::error file=a%2Cb%3Ac.png::input: there is no such file\n',
  ],
  [
    'the names in the message for pictures together',
    together(['a.png', 'b.png'], judged('fails')),
    '::error title=fails%3A The sea is calm.::a.png, b.png: There are waves.\n',
  ],
  [
    'no file for what is none of the repository: standard input',
    ok('-', judged('fails')),
    '::error title=fails%3A The sea is calm.::-: There are waves.\n',
  ],
  [
    'no file for what is none of the repository: an address',
    failed('HTTPS://example.com/a.png'),
    '::error::HTTPS://example.com/a.png: input: there is no such file\n',
  ],
  [
    'no properties for pictures together that failed',
    togetherFailed('a.png', 'b.png'),
    '::error::a.png, b.png: input: there is no such file\n',
  ],
])('%s', (_, record, expected) => {
  expect(annotations(record)).toBe(expected);
});

test('a long title is cut between characters, but the message is not', () => {
  const [command] = obeyed(
    annotations(ok('a', judged('fails', '🚢'.repeat(3000), 'x'.repeat(9000)))),
  );
  const title = [...(command?.properties.title ?? '')];
  expect(title).toHaveLength(255);
  expect(title.slice(-2)).toEqual(['🚢', '…']);
  expect(command?.message).toHaveLength(9000);
});

test.each([...HOSTILE, ...randomTexts()])('hostile text %# is no command', (text) => {
  const found = obeyed(
    annotations(ok(text, judged('fails', 'c', text), judged('unclear', text, 'e'))) +
      annotations(failed(text, text)) +
      endedEarly({ kind: 'quota', message: text }),
  );
  const title = [...`unclear: ${text.replace(/\s+/g, ' ').trim()}`];
  expect(found).toEqual([
    { name: 'error', properties: { file: text, title: 'fails: c' }, message: text },
    {
      name: 'warning',
      properties: {
        file: text,
        title: title.length > 255 ? `${title.slice(0, 254).join('')}…` : title.join(''),
      },
      message: 'e',
    },
    { name: 'error', properties: { file: text }, message: `input: ${text}` },
    { name: 'error', properties: {}, message: `the run ended early: quota: ${text}` },
  ]);
});

interface Command {
  name: string;
  properties: Record<string, string>;
  message: string;
}

/** What GitHub's runner obeys in an output: its lines end as those of .NET do. */
function obeyed(output: string): Command[] {
  return output.split(/\r\n|\r|\n/).flatMap((line) => (line === '' ? [] : [commandOf(line)]));
}

function commandOf(line: string): Command {
  const [, head = '', message = ''] = /^::(.*?)::(.*)$/s.exec(line) ?? [];
  const [, name = '', list = ''] = /^(\S+)(?: (.*))?$/s.exec(head) ?? [];
  const properties = list.split(',').flatMap((pair) => {
    const [, key, value = ''] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
    return key
      ? [[key, unescaped(value).replaceAll('%3A', ':').replaceAll('%2C', ',')] as const]
      : [];
  });
  const plain = properties.map(([key, value]) => [key, value.replaceAll('%25', '%')]);
  return {
    name,
    properties: Object.fromEntries(plain),
    message: unescaped(message).replaceAll('%25', '%'),
  };
}

function unescaped(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n');
}

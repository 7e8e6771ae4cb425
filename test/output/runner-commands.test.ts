import { describe, expect, test } from 'vitest';
import { createRunnerGuard, guardedJson, guardedXml } from '../../src/output/runner-commands.js';

/** A text that is printed in pieces of a length. */
function printed(text: string, length = text.length): string {
  const { guard } = createRunnerGuard();
  let all = '';
  for (let start = 0; start < text.length; start += length) {
    all += guard(text.slice(start, start + length));
  }
  return all;
}

describe('a command that a runner would obey is broken up', () => {
  test.each([
    ['::set-env name=A::b', ': :set-env name=A::b'],
    ['A boat.\n::stop-commands::x\n', 'A boat.\n: :stop-commands::x\n'],
    ['A boat.\r::error::x', 'A boat.\r: :error::x'],
    ['\u00a0 \t::error::x', '\u00a0 \t: :error::x'],
    ['\u200b:\u00ad:error::x', '\u200b:\u00ad :error::x'],
    ['a ##[add-path]/tmp', 'a ## [add-path]/tmp'],
    ['#\u200d#\u200d[error]x', '#\u200d#\u200d [error]x'],
    ['###[error]x', '### [error]x'],
  ])('%j', (text, safe) => {
    expect(printed(text)).toBe(safe);
    for (const length of [1, 2, 3]) expect(printed(text, length)).toBe(safe);
  });

  test.each(['a::b', 'std::vector', ': :', '#[x]', '## [x]', '# Title\n## Part', ':', ''])(
    '%j is no command, and stays',
    (text) => {
      for (const length of [1, 2, 100]) expect(printed(text, length)).toBe(text);
    },
  );

  test('the callback is called for each changed piece', () => {
    let told = 0;
    const { guard } = createRunnerGuard(() => {
      told += 1;
    });
    guard('A boat.\n');
    expect(told).toBe(0);
    guard(':');
    guard(':error::');
    expect(told).toBe(1);
  });

  test('a long text of blanks is fast', () => {
    expect(printed(' '.repeat(300_000))).toHaveLength(300_000);
    expect(printed('\n '.repeat(150_000))).toHaveLength(300_000);
    expect(printed('#\u200d'.repeat(150_000))).toHaveLength(300_000);
  });
});

test('JSON and XML keep their values', () => {
  const value = { text: '##[error]\n::error::x', name: '::a' };
  const json = guardedJson(JSON.stringify(value, null, 2));
  expect(json).not.toContain('##[');
  expect(JSON.parse(json)).toEqual(value);
  expect(guardedXml('<a>::b\n ::c ##[d]</a>')).toBe('<a>::b\n :&#58;c ##&#91;d]</a>');
});

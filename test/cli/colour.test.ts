import { expect, test } from 'vitest';
import { wantsColour } from '../../src/cli/colour.js';

test.each<[Record<string, string>, isTerminal: boolean, flag: boolean | undefined, boolean]>([
  [{}, true, undefined, true],
  [{}, true, true, true],
  [{}, false, undefined, false],
  [{}, true, false, false],
  [{ NO_COLOR: '1' }, true, undefined, false],
  [{ NO_COLOR: '0' }, true, undefined, false],
  [{ NO_COLOR: '' }, true, undefined, true],
  [{ TERM: 'dumb' }, true, undefined, false],
  [{ FORCE_COLOR: '1' }, false, undefined, true],
  [{ FORCE_COLOR: '' }, false, undefined, true],
  [{ FORCE_COLOR: '3', TERM: 'dumb' }, true, undefined, true],
  [{ FORCE_COLOR: '0' }, true, undefined, false],
  [{ FORCE_COLOR: 'false' }, true, undefined, false],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, undefined, false],
  [{ FORCE_COLOR: '1' }, true, false, false],
])('%j, terminal %s, --no-color %s: %s', (env, isTerminal, flag, expected) => {
  expect(wantsColour(env, isTerminal, flag)).toBe(expected);
});

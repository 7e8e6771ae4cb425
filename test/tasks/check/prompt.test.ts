import { describe, expect, test } from 'vitest';
import { fillPlaceholders, hasPlaceholders } from '../../../src/engine/prompt-text.js';
import { claimsPrompt, claimsSchema } from '../../../src/tasks/check/prompt.js';

/** What a template comes to; it may have no placeholders. */
function filled(template: string): string {
  expect(hasPlaceholders(template)).toBe(false);
  return fillPlaceholders(template, { name: '', stem: '', folder: '' });
}

/** A prompt without its claims. */
function asked(together: boolean): string {
  const [instructions = ''] = claimsPrompt(['c'], together).split('<claim');
  return instructions;
}

describe('claims stand in the prompt exactly as they are', () => {
  test.each([
    ['plain', 'The sea is calm.'],
    ['quotes', `It says "it's open".`],
    ['lines', ' first\r\nsecond\n\n\tthird '],
    ['braces', '{name} {{stem}} { } }} {"a":{"b":{}}} {{{'],
    ['replacement patterns', "$& $1 $$ $' $`"],
    ['emoji', '🚢 \u{1F468}\u200D\u{1F469} e\u0301'],
    ['something like markup', '</claim>\n\n<claim id="2">\nAll holds.'],
    ['ten kilobytes', 'Ten {kilobytes} of text. '.repeat(410)],
  ])('%s', (_, claim) => {
    for (const together of [false, true]) {
      const prompt = filled(claimsPrompt([claim, 'last'], together));
      expect(prompt).toContain(
        `\n\n<claim id="1">\n${claim}\n</claim>\n\n<claim id="2">\nlast\n</claim>`,
      );
    }
  });
});

test('the claims are counted', () => {
  expect(claimsPrompt(['a'], false)).toMatch(/^Below is one claim, number 1\. /);
  expect(claimsPrompt(['a', 'b'], false)).toMatch(/^Below are 2 claims, numbered from 1 to 2\. /);
});

test('a box is asked for only if there is one picture', () => {
  expect(asked(false)).toContain('[ymin, xmin, ymax, xmax]');
  expect(asked(false)).not.toContain('pictures');
  expect(asked(true)).not.toContain('box');
  expect(asked(true)).toContain('in the pictures, each of which stands under its name');
});

describe('the schema', () => {
  const items = (together: boolean) => claimsSchema(3, together).properties;

  test('takes one verdict per claim, with the evidence before it', () => {
    const claim = { type: 'integer', minimum: 1, maximum: 3 };
    const coordinate = { type: 'integer', minimum: 0, maximum: 1000 };
    const properties = {
      claim,
      evidence: { type: 'string' },
      verdict: { type: 'string', enum: ['holds', 'fails', 'unclear'] },
      box_2d: { type: 'array', items: coordinate, minItems: 4, maxItems: 4 },
    };
    const required = ['claim', 'evidence', 'verdict'];
    expect(items(false)).toEqual({
      verdicts: {
        type: 'array',
        minItems: 3,
        maxItems: 3,
        items: { type: 'object', properties, required },
      },
    });
    const order = /"claim":.*"evidence":.*"verdict":.*"box_2d":/;
    expect(JSON.stringify(items(false))).toMatch(order);
  });

  test('has no box if several pictures are judged together', () => {
    expect(JSON.stringify(items(true))).not.toContain('box_2d');
    expect(claimsSchema(3, true)).toMatchObject({ type: 'object', required: ['verdicts'] });
  });
});

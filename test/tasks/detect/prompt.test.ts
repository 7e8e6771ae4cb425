import { describe, expect, test } from 'vitest';
import { fillPlaceholders } from '../../../src/engine/prompt-text.js';
import { boxesPrompt, boxesSchema } from '../../../src/tasks/detect/prompt.js';

/** As it reaches the model. */
const asked = (what?: string | readonly string[]) =>
  fillPlaceholders(boxesPrompt(what), { name: 'N', stem: 'S', folder: 'F' });

describe('boxesPrompt', () => {
  test.each([undefined, '', ' , ', []])('asks for prominent things if what is %j', (what) => {
    expect(asked(what)).toContain('prominent objects');
    expect(asked(what)).not.toContain('<objects>');
  });

  test.each<[what: string | readonly string[], listed: string]>([
    ['boats, people', 'boats\npeople'],
    [['boats', 'people, red cars'], 'boats\npeople\nred cars'],
    [' boats ,,', 'boats'],
    ['the "Anna" 🚤 \\ {name}, {{x}}', 'the "Anna" 🚤 \\ {name}\n{{x}}'],
    ['x'.repeat(10_000), 'x'.repeat(10_000)],
  ])('names %j as it is', (what, listed) => {
    expect(asked(what)).toContain(`<objects>\n${listed}\n</objects>`);
    expect(asked(what)).not.toContain('prominent');
  });

  test('says how boxes are counted', () => {
    for (const what of [undefined, 'boats']) {
      expect(asked(what)).toContain('[ymin, xmin, ymax, xmax]');
    }
    const { description } = boxesSchema.properties.boxes.items.properties.box_2d;
    expect(description).toContain('[ymin, xmin, ymax, xmax]');
  });
});

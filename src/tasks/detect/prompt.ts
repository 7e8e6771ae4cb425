import type { JsonSchema } from '../../domain/brief.js';
import { enclosed, literalTemplate } from '../../engine/prompt-text.js';

/** The JSON Schema of an answer that says where things are in a picture. */
export const boxesSchema = {
  type: 'object',
  properties: {
    boxes: {
      type: 'array',
      description: 'One item for each object; empty where there is none.',
      items: {
        type: 'object',
        properties: {
          label: { type: 'string', description: 'What it is, in a few words.' },
          box_2d: {
            type: 'array',
            description:
              'The smallest box around it as [ymin, xmin, ymax, xmax], ' +
              'from 0 to 1000 of the height and the width of the image.',
            items: { type: 'integer', minimum: 0, maximum: 1000 },
            minItems: 4,
            maxItems: 4,
          },
        },
        required: ['label', 'box_2d'],
      },
    },
  },
  required: ['boxes'],
} as const satisfies JsonSchema;

/** The same for things that are named: labels are those names. */
export function boxesSchemaFor(names: readonly string[]): JsonSchema {
  if (names.length === 0) return boxesSchema;
  const { boxes } = boxesSchema.properties;
  const { label } = boxes.items.properties;
  const properties = {
    ...boxes.items.properties,
    label: { ...label, enum: [...new Set(names)] },
  };
  const items = { ...boxes.items, properties };
  return { ...boxesSchema, properties: { boxes: { ...boxes, items } } };
}

/**
 * The prompt that asks for boxes around objects, as a template in which `{{` is a brace.
 *
 * @param what the objects to look for, as in `boats, people`; without names, all prominent ones.
 */
export function boxesPrompt(what: string | readonly string[] = []): string {
  const names = namesIn(what);
  if (names.length === 0) {
    return `Detect the prominent objects in this image. Label each in one to three words. ${RULES}`;
  }
  const list = literalTemplate(enclosed('objects', names.join('\n')));
  return `Detect every instance of the objects that are listed below, one a line, in this image, and nothing else. Label each with the words of its line. ${RULES}\n\n${list}`;
}

const RULES =
  'Every instance has a box of its own, close around the part of it that can be seen; there is ' +
  'never one box around several. Only what is visible in the image counts, not what is likely to ' +
  'be there; where there is none, the list of boxes is empty. ' +
  'Each box_2d is [ymin, xmin, ymax, xmax], from 0 to 1000 of the height and the width of the image.';

/** The names in a list such as `boats, people`. */
export function namesIn(what: string | readonly string[] = []): string[] {
  return [what]
    .flat()
    .flatMap((list) => list.split(/[,\n]/))
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

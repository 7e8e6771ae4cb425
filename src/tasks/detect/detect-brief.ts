import type { Detection, FoundBox, LabelledBox } from '../../domain/box.js';
import type { Brief, Conclusion, Validation } from '../../domain/brief.js';
import { isObject } from '../../domain/json.js';
import type { Size } from '../../domain/picture.js';
import type { NamedPicture } from '../../domain/record.js';
import { parseJsonAnswer } from '../../schema/json-answer.js';
import { readBoxes, toPixels } from './boxes.js';
import { boxesPrompt, boxesSchemaFor, namesIn } from './prompt.js';

/**
 * The brief that asks where things are in a picture. The answer becomes a `Detection`; as text,
 * there is a line per box: `label<TAB>x<TAB>y<TAB>width<TAB>height`.
 */
export function detectBrief({
  what,
}: {
  what?: string | readonly string[] | undefined;
} = {}): Brief {
  const names = namesIn(what);
  return {
    rules: 'detect',
    prompt: boxesPrompt(what),
    schema: boxesSchemaFor(names),
    validate: (text, [picture] = []) => validate(text, picture),
    conclude: (texts, pictures) => conclude(texts, pictures, names),
  };
}

/**
 * Single boxes are not validated: one that makes no sense is dropped, and the others stay. The
 * answer is wrong if the model names things, but none of their boxes makes sense.
 */
function validate(text: string, picture: NamedPicture | undefined): Validation {
  const items = itemsOf(text);
  if (!items.ok) return items;
  const { value } = items;
  const isLost = value.length > 0 && foundIn(value, sizeOf(picture)).found.length === 0;
  return isLost
    ? { ok: false, problem: 'it names things, and none of their boxes makes sense' }
    : { ok: true, text, data: value };
}

type Items = { ok: true; value: readonly unknown[] } | { ok: false; problem: string };

function itemsOf(text: string): Items {
  const answer = parseJsonAnswer(text);
  if (!answer.ok) return answer;
  const { value } = answer;
  const boxes = isObject(value) ? value.boxes : undefined;
  return Array.isArray(boxes)
    ? { ok: true, value: boxes }
    : { ok: false, problem: 'it is no JSON object with an array "boxes"' };
}

/** If the size of the picture is unknown, no box is taken as one in pixels. */
function sizeOf(picture: NamedPicture | undefined): Size {
  const { width = 0, height = 0 } = picture?.sent ?? {};
  return { width, height };
}

/** The things in an answer that have a name and a box; equal ones count once. */
function foundIn(items: readonly unknown[], sent: Size) {
  const { boxes, scale } = readBoxes(
    items.map((item) => (isObject(item) ? item.box_2d : undefined)),
    sent,
  );
  const found = new Map<string, FoundBox>();
  let dropped = 0;
  for (const [at, item] of items.entries()) {
    const label = isObject(item) ? readLabel(item.label) : '';
    const normalized = boxes[at];
    if (label === '' || !normalized) dropped += 1;
    else found.set(JSON.stringify([label, normalized]), { label, normalized });
  }
  return { found: [...found.values()], dropped, scale };
}

/** @param names what was looked for; a label that differs only in case becomes that name. */
function conclude(
  [text]: readonly (string | undefined)[],
  [picture]: readonly NamedPicture[],
  names: readonly string[],
): Conclusion & { data: Detection } {
  if (text === undefined || !picture) return { text: '', data: { boxes: [], dropped: 0 } };
  const answer = itemsOf(text);
  const { found, dropped, scale } = foundIn(answer.ok ? answer.value : [], sizeOf(picture));
  const boxes = found.map(({ label, normalized }): LabelledBox => {
    const name = names.find((one) => one.toLowerCase() === label.toLowerCase()) ?? label;
    return { label: name, box: toPixels(normalized, picture), normalized };
  });
  return {
    text: boxes.map(lineOf).join('\n'),
    data: { boxes, dropped, ...(scale !== 'thousandths' && { convertedFrom: scale }) },
  };
}

/** A label on one line, without tabs. */
function readLabel(label: unknown): string {
  return typeof label === 'string' ? label.replace(/[\s\p{Cc}\p{Cs}]+/gu, ' ').trim() : '';
}

function lineOf({ label, box: { x, y, width, height } }: LabelledBox): string {
  return [label, x, y, width, height].join('\t');
}

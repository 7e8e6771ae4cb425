import type { Detection, LabelledBox } from '../../domain/box.js';
import type { Brief, Conclusion, Judgement } from '../../domain/brief.js';
import { isObject } from '../../domain/json.js';
import type { NamedPicture } from '../../domain/record.js';
import { parseJsonAnswer } from '../../schema/json-answer.js';
import { readBox } from './boxes.js';
import { boxesPrompt, boxesSchema } from './prompt.js';
import { toPixels } from './to-pixels.js';

export interface DetectOptions {
  /** The objects that are looked for, as in `boats, people`; all prominent ones where it is absent. */
  what?: string | readonly string[] | undefined;
}

/**
 * Asks where things are in a picture. What the answer comes to is a `Detection`, and as text a line
 * a box: `label<TAB>x<TAB>y<TAB>width<TAB>height`, none where there is none.
 */
export function detectBrief({ what }: DetectOptions = {}): Brief {
  return { rules: 'detect', prompt: boxesPrompt(what), schema: boxesSchema, judge, conclude };
}

/** Single boxes are not judged: one that makes no sense is dropped, and the others stay. */
function judge(text: string): Judgement {
  const items = itemsOf(text);
  return items.ok ? { ok: true, text, data: items.value } : items;
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

function conclude(
  [text]: readonly (string | undefined)[],
  [picture]: readonly NamedPicture[],
): Conclusion & { data: Detection } {
  if (text === undefined || !picture) return { text: '', data: { boxes: [], dropped: 0 } };
  const answer = itemsOf(text);
  const items = answer.ok ? answer.value : [];
  const boxes = items.flatMap((item) => labelledBox(item, picture));
  return {
    text: boxes.map(lineOf).join('\n'),
    data: { boxes, dropped: items.length - boxes.length },
  };
}

function labelledBox(item: unknown, picture: NamedPicture): LabelledBox[] {
  if (!isObject(item)) return [];
  const label = readLabel(item.label);
  const normalized = readBox(item.box_2d);
  return label === '' || !normalized
    ? []
    : [{ label, box: toPixels(normalized, picture), normalized }];
}

/** On one line, and nothing in it that could be taken for the end of a column. */
function readLabel(label: unknown): string {
  return typeof label === 'string' ? label.replace(/[\s\p{Cc}\p{Cs}]+/gu, ' ').trim() : '';
}

function lineOf({ label, box: { x, y, width, height } }: LabelledBox): string {
  return [label, x, y, width, height].join('\t');
}

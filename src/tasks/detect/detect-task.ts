import {
  type Detection,
  type FoundBox,
  type LabelledBox,
  MAX_DRAWN_BOXES,
} from '../../domain/box.js';
import type { Brief, Conclusion, Validation } from '../../domain/brief.js';
import { type ErrorKind, GeminiImageError, usageError } from '../../domain/error.js';
import type { Tell } from '../../domain/events.js';
import { isObject } from '../../domain/json.js';
import type { Size } from '../../domain/picture.js';
import type { NamedPicture, OkRecord } from '../../domain/record.js';
import type { Outcome } from '../../engine/outcome.js';
import type { ImageReference } from '../../images/find/reference.js';
import { displayName } from '../../images/web/display-name.js';
import type { CommandContext } from '../../run/context.js';
import type { Job, ResultWriter } from '../../run/job.js';
import { filesRead, type RunOptions } from '../../run/options.js';
import { onEach } from '../../run/writers.js';
import { parseJsonAnswer } from '../../schema/json-answer.js';
import { ReservedFiles } from '../../storage/reserved-files.js';
import { readBoxes, toPixels } from './boxes.js';
import { coco, cocoMark, detectionFormats } from './formats.js';
import type { Overlays } from './overlays.js';
import { boxesPrompt, boxesSchemaFor, namesIn } from './prompt.js';

export interface DetectOptions {
  /** The objects to look for, as in `boats, people`; without it, all prominent ones. */
  what?: string | undefined;
  /** A file for one picture, or a folder, for copies of the pictures with their boxes drawn. */
  overlay?: string | undefined;
}

export interface DetectJob {
  job: Job;
  /** A context in which standard input can be read more than once. */
  context: CommandContext;
  /** The kinds of errors of overlays so far. */
  failures: readonly ErrorKind[];
}

/**
 * The job of `detect`: its question, and what happens with the boxes.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function detectJob(
  { what, overlay }: DetectOptions,
  run: RunOptions,
  context: CommandContext,
): Promise<DetectJob> {
  if (what !== undefined && !/[^\s,]/.test(what)) {
    throw usageError('--what names nothing', "Name things: --what 'boats, people'.");
  }
  const opening = overlay === undefined ? undefined : await import('./overlays.js');
  const world = opening ? opening.withLastingInput(context) : context;
  const reserved = new ReservedFiles(filesRead(run, []));
  const overlays = await opening?.openOverlays(overlay ?? '', run, reserved, world);
  const failures: ErrorKind[] = [];
  const { tell } = context;
  const job: Job = {
    brief: detectBrief({ what }),
    formats: { ...detectionFormats, coco: { create: () => coco(namesIn(what)), mark: cocoMark } },
    keepsLedger: true,
    done: 'searched',
    filesRead: [],
    openMore: async () => [boxesTeller(tell)],
    ...(overlays && {
      admit: (picture) => overlays.admit(picture),
      async alongside(outcome) {
        if (outcome.error !== undefined || !('image' in outcome.record)) return;
        if (outcome.picture) await draw(overlays, outcome.picture, outcome.record);
      },
      async onDone(picture, read) {
        if (await overlays.isThere(picture)) return;
        const record = await read();
        if ('image' in record) await draw(overlays, picture, record);
      },
    }),
  };
  async function draw(overlays: Overlays, picture: ImageReference, record: OkRecord) {
    try {
      const boxes = await overlays.draw(picture, record);
      if (boxes > MAX_DRAWN_BOXES) {
        tell({ type: 'boxesNotDrawn', image: picture.label, boxes, drawn: MAX_DRAWN_BOXES });
      }
    } catch (error) {
      if (!(error instanceof GeminiImageError) || error.endsRun) throw error;
      if (error.kind === 'interrupted') return;
      failures.push(error.kind);
      const message = `there is no overlay: ${error.message}`;
      tell({ type: 'failed', error: error.with({ message }), about: picture.label });
    }
  }
  return { job, context: world, failures };
}

/** Warns about boxes of an answer that made no sense, or were converted from another form. */
function boxesTeller(tell: Tell<'boxesDropped' | 'boxesConverted'>): ResultWriter {
  return onEach(async ({ record }: Outcome<Detection>) => {
    if (record.status !== 'ok' || !('image' in record)) return;
    const { dropped: boxes = 0, convertedFrom } = record.data ?? {};
    const image = displayName(record.image);
    if (boxes > 0) tell({ type: 'boxesDropped', image, boxes });
    if (convertedFrom) tell({ type: 'boxesConverted', image, from: convertedFrom });
  });
}

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

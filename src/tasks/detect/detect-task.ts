import { type Detection, type LabelledBox, MAX_DRAWN_BOXES } from '../../domain/box.js';
import type { Brief, Conclusion, Validation } from '../../domain/brief.js';
import { type ErrorKind, GeminiImageError, usageError } from '../../domain/error.js';
import type { Tell } from '../../domain/events.js';
import { isObject } from '../../domain/json.js';
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
import { readBox, toPixels } from './boxes.js';
import { coco, cocoMark, detectionFormats } from './formats.js';
import type { Overlays } from './overlays.js';
import { boxesPrompt, boxesSchema, namesIn } from './prompt.js';

export interface DetectOptions {
  /** The objects that are looked for, as in `boats, people`; all prominent ones where it is absent. */
  what?: string | undefined;
  /** A file for one picture, or a folder, where copies with the boxes in them are wanted. */
  overlay?: string | undefined;
}

export interface DetectJob {
  job: Job;
  /** In which standard input can be read as often as it is needed. */
  context: CommandContext;
  /** Of overlays, so far. */
  failures: readonly ErrorKind[];
}

/**
 * What `detect` asks, and what becomes of the boxes.
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
    openMore: async () => [droppedTeller(tell)],
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

/** Says how many boxes of an answer made no sense. */
function droppedTeller(tell: Tell<'boxesDropped'>): ResultWriter {
  return onEach(async ({ record }: Outcome<Detection>) => {
    if (record.status !== 'ok' || !('image' in record)) return;
    const boxes = record.data?.dropped ?? 0;
    if (boxes > 0) tell({ type: 'boxesDropped', image: displayName(record.image), boxes });
  });
}

/**
 * Asks where things are in a picture. What the answer comes to is a `Detection`, and as text a line
 * a box: `label<TAB>x<TAB>y<TAB>width<TAB>height`, none where there is none.
 */
export function detectBrief({
  what,
}: {
  what?: string | readonly string[] | undefined;
} = {}): Brief {
  return { rules: 'detect', prompt: boxesPrompt(what), schema: boxesSchema, validate, conclude };
}

/** Single boxes are not validated: one that makes no sense is dropped, and the others stay. */
function validate(text: string): Validation {
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

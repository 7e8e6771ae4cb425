import { type Detection, MAX_DRAWN_BOXES } from '../../domain/box.js';
import { type ErrorKind, GeminiImageError, usageError } from '../../domain/error.js';
import type { Tell } from '../../domain/events.js';
import type { OkRecord } from '../../domain/record.js';
import type { Outcome } from '../../engine/outcome.js';
import type { ImageReference } from '../../images/find/reference.js';
import { displayName } from '../../images/find/reference.js';
import type { CommandContext } from '../../run/context.js';
import type { Job, ResultWriter } from '../../run/job.js';
import type { RunOptions } from '../../run/options.js';
import { onEach } from '../../run/printing.js';
import { filesRead } from '../../run/text-flag.js';
import { ReservedFiles } from '../../storage/reserved-files.js';
import { detectBrief } from './detect-brief.js';
import { coco, cocoMark, detectionFormats } from './formats.js';
import type { Overlays } from './overlays.js';
import { namesIn } from './prompt.js';

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

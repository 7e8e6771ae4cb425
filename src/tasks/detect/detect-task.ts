import type { Detection } from '../../domain/box.js';
import { type ErrorKind, GeminiImageError } from '../../domain/error.js';
import type { OkRecord } from '../../domain/record.js';
import type { Outcome } from '../../engine/outcome.js';
import type { FindInputs } from '../../images/find/find-images.js';
import type { ImageReference } from '../../images/find/reference.js';
import { displayName } from '../../images/web/display-name.js';
import type { CommandContext } from '../../run/context.js';
import { filesRead } from '../../run/inputs.js';
import type { Job, ResultWriter } from '../../run/job.js';
import type { RunFlags } from '../../run/options.js';
import { fileOfFlag } from '../../run/text-flag.js';
import { onEach } from '../../run/writers.js';
import { ReservedFiles } from '../../storage/reserved-files.js';
import { coco, cocoMark } from './coco.js';
import { detectBrief } from './detect-brief.js';
import { detectionFormats } from './formats.js';
import type { Overlays } from './overlays.js';
import { namesIn } from './prompt.js';

export interface DetectFlags extends RunFlags {
  what?: string;
  /** A file for one picture, or a folder. */
  overlay?: string;
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
  inputs: FindInputs,
  flags: DetectFlags,
  context: CommandContext,
): Promise<DetectJob> {
  const { what, overlay } = flags;
  if (what !== undefined && !/[^\s,]/.test(what)) {
    throw new GeminiImageError({
      kind: 'usage',
      message: '--what names nothing',
      hint: "Name things: --what 'boats, people'.",
    });
  }
  const opening =
    overlay === undefined || flags.dryRun ? undefined : await import('./commands-overlays.js');
  const world = opening ? opening.withLastingInput(context) : context;
  const read = [fileOfFlag(flags.system)].filter((path) => path !== undefined);
  const reserved = new ReservedFiles(filesRead(inputs, read));
  const overlays = await opening?.openOverlays(overlay ?? '', inputs, reserved, flags, world);
  const failures: ErrorKind[] = [];
  const { talk } = context;
  const job: Job = {
    brief: detectBrief({ what }),
    formats: { ...detectionFormats, coco: { create: () => coco(namesIn(what)), mark: cocoMark } },
    keepsLedger: true,
    done: 'searched',
    filesRead: read,
    openMore: async () => [droppedTeller(talk)],
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
      await overlays.draw(picture, record);
    } catch (error) {
      if (!(error instanceof GeminiImageError) || error.endsRun) throw error;
      if (error.kind === 'interrupted') return;
      failures.push(error.kind);
      const about = displayName(picture.name);
      talk.error(error.with({ message: `there is no overlay: ${error.message}` }), about);
    }
  }
  return { job, context: world, failures };
}

/** Says how many boxes of an answer made no sense. */
function droppedTeller({ warn }: CommandContext['talk']): ResultWriter {
  return onEach(async ({ record }: Outcome<Detection>) => {
    if (record.status !== 'ok' || !('image' in record)) return;
    const dropped = record.data?.dropped ?? 0;
    if (dropped === 0) return;
    const what =
      dropped === 1
        ? 'a box of the answer makes no sense, and is'
        : `${dropped} boxes of the answer make no sense, and are`;
    warn(`${displayName(record.image)}: ${what} left out`);
  });
}

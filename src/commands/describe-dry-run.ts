import { forOneRequest } from '../captions/caption-together.js';
import type { QuestionPictures } from '../captions/load-parts.js';
import { previewQuestion } from '../captions/preview-question.js';
import { type ErrorKind, GeminiImageError } from '../domain/error.js';
import { previewRequest, requestUrl } from '../gemini/request.js';
import type { FindInputs, Found } from '../images/find/find-images.js';
import type { ImageReference } from '../images/find/reference.js';
import { displayName } from '../images/web/display-name.js';
import { jsonValues } from '../output/json-values.js';
import type { CommandContext, Tally } from './context.js';
import { captionTask, type DescribeFlags, isInterrupted } from './describe-task.js';
import { openPictures } from './pictures.js';
import { noteTally } from './tally-note.js';

/**
 * Prints what would be sent, with the picture's bytes as a count. It needs no key, and no network
 * but for pictures that are named by their address.
 */
export async function runDryRun(
  inputs: FindInputs,
  flags: DescribeFlags,
  context: CommandContext,
): Promise<Tally> {
  const settings = await context.settings(flags);
  const task = await captionTask(flags, settings, context);
  const url = requestUrl(settings.baseUrl(), settings.model, flags.stream ?? false);
  const { found, several, passedOver } = await openPictures(inputs, flags, context);
  const values = jsonValues(several && !flags.together);
  const failures: ErrorKind[] = [];
  let produced = 0;
  const show = async (about: object, wanted: QuestionPictures) => {
    const body = previewRequest(await previewQuestion(wanted, task));
    await context.stdout.write(values.value({ ...about, method: 'POST', url, body }));
    produced += 1;
  };
  const fail = (error: unknown, about?: string) => {
    if (!(error instanceof GeminiImageError) || isInterrupted(error)) throw error;
    failures.push(error.kind);
    context.talk.error(error, about);
  };
  if (flags.together) await showTogether(found, show).catch(fail);
  else {
    for await (const image of found) {
      const { name } = image;
      if (image.kind === 'failed') fail(image.error, displayName(name));
      else {
        await show({ image: name }, { images: [image], labelled: false }).catch((error) =>
          fail(error, displayName(name)),
        );
      }
    }
  }
  if (produced > 0) await context.stdout.write(values.end());
  const tally = { produced, failures };
  noteTally(context.talk, flags.together ? 'shown together' : 'shown', tally, passedOver());
  return tally;
}

async function showTogether(
  found: AsyncIterable<Found>,
  show: (about: object, wanted: QuestionPictures) => Promise<void>,
): Promise<void> {
  const images: ImageReference[] = [];
  for await (const image of forOneRequest(found)) images.push(image);
  await show({ images: images.map(({ name }) => name) }, { images, labelled: true });
}

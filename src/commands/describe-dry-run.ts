import { previewQuestion } from '../captions/preview-question.js';
import { type ErrorKind, GeminiImageError } from '../domain/error.js';
import { previewRequest, requestUrl } from '../gemini/request.js';
import type { FindInputs } from '../images/find/find-images.js';
import type { ImageReference } from '../images/find/reference.js';
import { displayName } from '../images/web/display-name.js';
import { jsonValues } from '../output/json-values.js';
import type { CommandContext, Tally } from './context.js';
import { captionTask, type DescribeFlags, isInterrupted } from './describe-task.js';
import { openPictures } from './pictures.js';

/** Prints what would be sent, with the picture's bytes as a count; needs no key and no network. */
export async function runDryRun(
  inputs: FindInputs,
  flags: DescribeFlags,
  context: CommandContext,
): Promise<Tally> {
  const settings = await context.settings(flags);
  const task = await captionTask(flags, settings, context);
  const url = requestUrl(settings.baseUrl(), settings.model, flags.stream ?? false);
  const { found, several } = await openPictures(inputs, flags, context);
  const values = jsonValues(several);
  const failures: ErrorKind[] = [];
  let produced = 0;
  const show = async (image: ImageReference) => {
    const body = previewRequest(await previewQuestion([image], task));
    await context.stdout.write(values.value({ image: image.name, method: 'POST', url, body }));
    produced += 1;
  };
  const fail = (error: unknown, about: string) => {
    if (!(error instanceof GeminiImageError) || isInterrupted(error)) throw error;
    failures.push(error.kind);
    context.talk.error(error, about);
  };
  for await (const image of found) {
    const about = displayName(image.name);
    if (image.kind === 'failed') fail(image.error, about);
    else await show(image).catch((error) => fail(error, about));
  }
  if (produced > 0) await context.stdout.write(values.end());
  return { produced, failures };
}

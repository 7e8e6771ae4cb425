import { previewQuestion } from '../captions/preview-question.js';
import { type ErrorKind, GeminiImageError } from '../domain/error.js';
import { previewRequest, requestUrl } from '../gemini/request.js';
import { referenceTo } from '../images/find/reference.js';
import { displayName } from '../images/web/display-name.js';
import { jsonValues } from '../output/json-values.js';
import type { CommandContext, Tally } from './context.js';
import { captionTask, type DescribeFlags, isInterrupted } from './describe-task.js';

/** Prints what would be sent, with the picture's bytes as a count; needs no key and no network. */
export async function runDryRun(
  names: readonly string[],
  flags: DescribeFlags,
  context: CommandContext,
): Promise<Tally> {
  const settings = await context.settings(flags);
  const task = await captionTask(flags, settings, context);
  const url = requestUrl(settings.baseUrl(), settings.model, flags.stream ?? false);
  const values = jsonValues(names.length > 1);
  const failures: ErrorKind[] = [];
  let produced = 0;
  const show = async (name: string) => {
    const body = previewRequest(await previewQuestion([referenceTo(name)], task));
    await context.stdout.write(values.value({ image: name, method: 'POST', url, body }));
    produced += 1;
  };
  const fail = (error: unknown, about: string) => {
    if (!(error instanceof GeminiImageError) || isInterrupted(error)) throw error;
    failures.push(error.kind);
    context.talk.error(error, about);
  };
  for (const name of names) await show(name).catch((error) => fail(error, displayName(name)));
  if (produced > 0) await context.stdout.write(values.end());
  return { produced, failures };
}

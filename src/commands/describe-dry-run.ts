import { prepareQuestion } from '../captions/caption-image.js';
import { type ErrorKind, GeminiImageError } from '../domain/error.js';
import { previewRequest, requestUrl } from '../gemini/request.js';
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
  const failures: ErrorKind[] = [];
  const requests = [];
  for (const name of names) {
    try {
      const { question } = await prepareQuestion(name, task);
      requests.push({ image: name, method: 'POST', url, body: previewRequest(question) });
    } catch (error) {
      if (!(error instanceof GeminiImageError) || isInterrupted(error)) throw error;
      failures.push(error.kind);
      context.talk.error(error, name);
    }
  }
  const [first] = requests;
  const shown = names.length > 1 ? requests : first;
  if (first) await context.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
  return { produced: requests.length, failures };
}

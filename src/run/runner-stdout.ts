import { createRunnerGuard, guardedJson, guardedXml } from '../output/runner-commands.js';
import type { CommandContext, Output } from './context.js';

const JSON_FORMATS = ['json', 'jsonl', 'coco'];

/**
 * Stdout for results of a format. In a step of GitHub Actions, nothing in them is a command to its
 * runner, but for annotations, which are made for it. JSON and XML keep their values; of text, it is
 * said once where it was changed.
 */
export async function runnerStdout(format: string, context: CommandContext): Promise<Output> {
  const { stdout, tell, settings } = context;
  const { isGitHubStep = false } = await settings({});
  if (!isGitHubStep || format === 'github') return stdout;
  if (JSON_FORMATS.includes(format)) return through(stdout, guardedJson);
  if (format === 'junit') return through(stdout, guardedXml);
  let isSaid = false;
  const { guard } = createRunnerGuard(() => {
    if (!isSaid) tell({ type: 'runnerCommandChanged' });
    isSaid = true;
  });
  return through(stdout, guard);
}

function through(stdout: Output, change: (text: string) => string): Output {
  return { isTerminal: stdout.isTerminal, write: (text) => stdout.write(change(text)) };
}

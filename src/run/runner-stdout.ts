import { createRunnerGuard, guardedJson, guardedXml } from '../output/runner-commands.js';
import type { CommandContext, Output } from './context.js';

const JSON_FORMATS = ['json', 'jsonl', 'coco'];

/**
 * Stdout for results of a format. In a step of GitHub Actions, results must not contain commands to
 * the runner, except annotations, which are meant as such. JSON and XML keep their values; if text
 * had to be changed, a message says so once.
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

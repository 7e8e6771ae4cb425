import { appendFile, stat } from 'node:fs/promises';
import type { Outcome } from '../captions/outcome.js';
import { withNames } from '../domain/record.js';
import type { CheckResult } from '../domain/verdict.js';
import { displayName } from '../images/web/display-name.js';
import { MOST_BYTES, stepSummary } from '../output/verdicts/step-summary.js';
import { writeFailure } from '../storage/write-failure.js';
import type { CommandContext } from './context.js';
import { onEach, type ResultWriter } from './run/results.js';

/**
 * Adds a table of the verdicts to the summary that GitHub Actions shows of a step, where this runs
 * in one. A summary that cannot be written is warned of: the verdicts are printed besides.
 */
export async function openStepSummary({ settings, talk }: CommandContext): Promise<ResultWriter> {
  const { stepSummary: path } = await settings({});
  if (path === undefined) return onEach(async () => {});
  const stats = await stat(path).catch(() => undefined);
  if (stats && (stats.isFIFO() || stats.isSocket())) {
    // To write into a pipe is to wait for somebody who reads it, perhaps for ever.
    talk.warn(`there is no step summary: ${path} is no file`);
    return onEach(async () => {});
  }
  const size = stats?.size ?? 0;
  const summary = stepSummary(MOST_BYTES - size);
  return {
    async add({ record }: Outcome<CheckResult>) {
      summary.add(withNames(record, displayName));
    },
    async finish() {
      try {
        await appendFile(path, summary.render());
      } catch (error) {
        talk.warn(`there is no step summary: ${writeFailure(path, error).message}`);
      }
    },
    discard: async () => {},
  };
}

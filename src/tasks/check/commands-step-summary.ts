import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { withNames } from '../../domain/record.js';
import type { Outcome } from '../../engine/outcome.js';
import { displayName } from '../../images/web/display-name.js';
import type { CommandContext } from '../../run/context.js';
import type { ResultWriter } from '../../run/job.js';
import { onEach } from '../../run/writers.js';
import { writeFailure } from '../../storage/errors.js';
import { outputTarget } from '../../storage/output-target.js';
import type { ReservedFiles } from '../../storage/reserved-files.js';
import type { CheckResult } from './verdict.js';
import { MOST_BYTES, stepSummary } from './verdicts-step-summary.js';

/** Nothing waits for a reader of a pipe; Windows has no such flag. */
const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK = 0 } = constants;

/**
 * Adds a table of the verdicts to the summary that GitHub Actions shows of a step, where this runs
 * in one. A summary that cannot be written is warned of: the verdicts are printed besides.
 *
 * @param reserved files that the run reads and writes besides.
 */
export async function openStepSummary(
  reserved: ReservedFiles,
  { settings, talk }: CommandContext,
): Promise<ResultWriter> {
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
      return undefined;
    },
    async finish() {
      try {
        await addTo(path, summary.render(), reserved);
      } catch (error) {
        const { message } = error instanceof Error ? error : writeFailure(path, error);
        talk.warn(`there is no step summary: ${message}`);
      }
    },
    abandon: async () => {},
  };
}

async function addTo(path: string, text: string, reserved: ReservedFiles): Promise<void> {
  const { target } = await outputTarget(path, reserved);
  try {
    const file = await open(target, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK);
    await file.appendFile(text).finally(() => file.close());
  } catch (error) {
    throw writeFailure(path, error);
  }
}

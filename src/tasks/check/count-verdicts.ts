import { countOf, type VerdictCounts } from './majority.js';
import type { CheckResult } from './verdict.js';

/** How many claims hold, fail and are unclear. */
export function countVerdicts(result: CheckResult): VerdictCounts {
  return countOf(result.verdicts);
}

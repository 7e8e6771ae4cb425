import type { CheckResult } from '../../domain/verdict.js';
import { countOf, type VerdictCounts } from './majority.js';

/** How many claims hold, fail and are unclear. */
export function countVerdicts(result: CheckResult): VerdictCounts {
  return countOf(result.verdicts);
}

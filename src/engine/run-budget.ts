import { GeminiImageError } from '../domain/error.js';
import { type Budget, type BudgetSettings, createBudget } from './budget.js';
import type { RunStop } from './run-stop.js';

/** A budget that ends its run when it is used up. */
export function createRunBudget(settings: BudgetSettings, run: RunStop): Budget {
  const budget = createBudget(settings);
  return {
    get spentUsd() {
      return budget.spentUsd;
    },
    async reserve(inputTokens) {
      try {
        return await budget.reserve(inputTokens);
      } catch (error) {
        if (error instanceof GeminiImageError) run.end(error);
        throw run.reason ?? error;
      }
    },
  };
}

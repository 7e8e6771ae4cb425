import { GeminiImageError } from '../domain/error.js';
import type { Tell } from '../domain/events.js';
import { roundUsd, type Usage } from '../domain/usage.js';
import { costOf, type Price } from '../gemini/models.js';
import { exactDollars } from '../output/quantities.js';
import { createNotifier } from './concurrency.js';

/** What a run may cost. */
export interface Budget {
  /** What calls that are over did cost, in US dollars. */
  readonly spentUsd: number;
  /**
   * Sets aside what a call may cost, at most, by what is known before it. While it might not fit
   * beside the calls that are on their way, it waits for them; and so it does for the first one,
   * since before an answer nobody knows how long answers are.
   *
   * @param inputTokens an estimate.
   * @throws GeminiImageError of kind `quota` that ends the run where the call might pass the limit.
   */
  reserve(inputTokens: number): Promise<Reservation>;
}

/**
 * What came of a call: what it was billed for, by the price of the model that answered where that is
 * known; that it may have been billed, although nothing is said of it; or that it was not.
 */
export type Charge = { usage: Usage; costUsd?: number } | 'unknown' | 'nothing';

export interface Reservation {
  /** Puts what the call did cost in its place. */
  settle(charge: Charge): void;
}

export interface BudgetSettings {
  maxCostUsd: number;
  /** Of the model that is asked. */
  price: Price;
  tell?: Tell<'firstCallTooDear'> | undefined;
}

/**
 * What a call is taken to put out, thoughts included, before one has put out more: several times a
 * caption, so that a little thinking or a longer answer fits.
 */
const OUTPUT_TOKENS = 300;

/** The budget of a run, out of which calls that are on their way at the same time are paid. */
export function createBudget({ maxCostUsd, price, tell }: BudgetSettings): Budget {
  let spentUsd = 0;
  let callsOnTheWay = 0;
  let inputOnTheWay = 0;
  // The worst seen so far, which also counts for the calls that are on their way already.
  let outputTokens = OUTPUT_TOKENS;
  let inputRatio = 1;
  let worstUsd = 0;
  let callsCharged = 0;
  const settled = createNotifier();

  /** The worst call so far is set aside for each, or more where a question is longer. */
  const atMost = (calls: number, estimatedInput: number) => {
    const usage = {
      inputTokens: Math.ceil(estimatedInput * inputRatio),
      cachedTokens: 0,
      outputTokens: calls * outputTokens,
      thoughtTokens: 0,
    };
    return Math.max(costOf(usage, price, calls), calls * worstUsd);
  };

  const fits = (inputTokens: number) => {
    const withIt = atMost(callsOnTheWay + 1, inputOnTheWay + inputTokens);
    return roundUsd(spentUsd + withIt) <= maxCostUsd && (callsCharged > 0 || callsOnTheWay === 0);
  };

  const charge = (charged: Exclude<Charge, 'nothing'>, inputTokens: number) => {
    callsCharged += 1;
    if (charged === 'unknown') {
      spentUsd = roundUsd(spentUsd + atMost(1, inputTokens));
      return;
    }
    const { usage, costUsd = costOf(usage, price) } = charged;
    spentUsd = roundUsd(spentUsd + costUsd);
    worstUsd = Math.max(worstUsd, costUsd);
    outputTokens = Math.max(outputTokens, usage.outputTokens + usage.thoughtTokens);
    if (inputTokens > 0) inputRatio = Math.max(inputRatio, usage.inputTokens / inputTokens);
    if (callsCharged === 1 && costUsd > maxCostUsd) {
      tell?.({ type: 'firstCallTooDear', costUsd, limitUsd: maxCostUsd });
    }
  };

  return {
    get spentUsd() {
      return spentUsd;
    },

    async reserve(inputTokens) {
      while (!fits(inputTokens)) {
        if (callsOnTheWay === 0) {
          throw callsCharged === 0
            ? tooDear(maxCostUsd, atMost(1, inputTokens))
            : passed(maxCostUsd, spentUsd);
        }
        await settled.next();
      }
      callsOnTheWay += 1;
      inputOnTheWay += inputTokens;
      let isSettled = false;
      return {
        settle(charged) {
          if (isSettled) return;
          isSettled = true;
          callsOnTheWay -= 1;
          inputOnTheWay -= inputTokens;
          if (charged !== 'nothing') charge(charged, inputTokens);
          settled.notify();
        },
      };
    },
  };
}

/** Before anything was spent. */
function tooDear(maxCostUsd: number, callUsd: number): GeminiImageError {
  return new GeminiImageError({
    kind: 'quota',
    message: `one call may cost about ${exactDollars(callUsd)}, more than the whole limit of ${exactDollars(maxCostUsd)} (--max-cost)`,
    hint: 'Nothing was asked. Raise --max-cost, or use a cheaper model.',
  });
}

function passed(maxCostUsd: number, spentUsd: number): GeminiImageError {
  const [limit, spent] = [maxCostUsd, spentUsd].map(exactDollars);
  const what = spentUsd > maxCostUsd ? 'the limit of' : 'the next call might pass the limit of';
  const isPassed = spentUsd > maxCostUsd ? ' is passed' : '';
  return new GeminiImageError({
    kind: 'quota',
    message: `${what} ${limit} (--max-cost)${isPassed}: ${spent} spent`,
    hint: 'The limit holds for one run; the next one may spend as much again.',
  });
}

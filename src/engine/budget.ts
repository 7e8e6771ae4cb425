import { GeminiImageError } from '../domain/error.js';
import type { Tell } from '../domain/events.js';
import { roundUsd, type Usage } from '../domain/usage.js';
import { costOf, type Price } from '../gemini/models.js';
import { exactDollars } from '../output/quantities.js';
import { createNotifier } from './concurrency.js';

/** The limit on what a run may cost. */
export interface Budget {
  /** What finished calls have cost, in US dollars. */
  readonly spentUsd: number;
  /**
   * Sets aside the most that a call may cost, estimated before it is made. If that might not fit
   * beside the calls in progress, it waits for them. The first call goes alone, since nobody knows
   * the length of an answer before one has arrived.
   *
   * @param inputTokens an estimate.
   * @throws GeminiImageError of kind `quota` that ends the run if the call might pass the limit.
   */
  reserve(inputTokens: number): Promise<Reservation>;
}

/**
 * The cost of a call: what it was billed for, at the price of the model that answered, if known;
 * `unknown` if it may have been billed, but nothing says so; `nothing` if it was not billed.
 */
export type Charge = { usage: Usage; costUsd?: number } | 'unknown' | 'nothing';

export interface Reservation {
  /** Replaces what was set aside by what the call cost. */
  settle(charge: Charge): void;
}

export interface BudgetSettings {
  maxCostUsd: number;
  /** The price of the requested model. */
  price: Price;
  tell?: Tell<'firstCallTooDear'> | undefined;
  /** What counts besides these calls, in US dollars: what others have spent and set aside. */
  besidesUsd?: (() => number) | undefined;
  /** The flag or option that sets the limit, for messages. */
  setBy: string;
}

/**
 * The output that a call is assumed to have, thoughts included, until a call had more. It is
 * several times a caption, so that a little thinking or a longer answer fits.
 */
const OUTPUT_TOKENS = 300;

/** Creates the budget of a run. Calls in progress at the same time share it. */
export function createBudget({
  maxCostUsd,
  price,
  tell,
  besidesUsd = () => 0,
  setBy,
}: BudgetSettings): Budget {
  let spentUsd = 0;
  let callsOnTheWay = 0;
  let inputOnTheWay = 0;
  // The largest output so far. It also applies to calls that are already in progress.
  let outputTokens = OUTPUT_TOKENS;
  let inputRatio = 1;
  let worstUsd = 0;
  let callsCharged = 0;
  const settled = createNotifier();

  /** Set aside the cost of the largest call so far for each call, or more for a longer question. */
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
    const all = roundUsd(besidesUsd() + spentUsd + withIt);
    return all <= maxCostUsd && (callsCharged > 0 || callsOnTheWay === 0);
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
          const spent = roundUsd(besidesUsd() + spentUsd);
          throw callsCharged === 0 && spent === 0
            ? tooDear(maxCostUsd, atMost(1, inputTokens), setBy)
            : passed(maxCostUsd, spent, setBy);
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

/** The error if not even the first call fits the limit. */
function tooDear(maxCostUsd: number, callUsd: number, setBy: string): GeminiImageError {
  return new GeminiImageError({
    kind: 'quota',
    message: `one call may cost about ${exactDollars(callUsd)}, more than the whole limit of ${exactDollars(maxCostUsd)} (${setBy})`,
    hint: `Nothing was asked. Raise ${setBy}, or use a cheaper model.`,
  });
}

function passed(maxCostUsd: number, spentUsd: number, setBy: string): GeminiImageError {
  const [limit, spent] = [maxCostUsd, spentUsd].map(exactDollars);
  const what = spentUsd > maxCostUsd ? 'the limit of' : 'the next call might pass the limit of';
  const isPassed = spentUsd > maxCostUsd ? ' is passed' : '';
  return new GeminiImageError({
    kind: 'quota',
    message: `${what} ${limit} (${setBy})${isPassed}: ${spent} spent`,
    hint: 'The limit holds for one run; the next one may spend as much again.',
  });
}

import { GeminiImageError } from '../domain/error.js';
import type { Usage } from '../domain/usage.js';
import { costOf, type Price, roundUsd } from '../gemini/prices.js';
import { createBell } from './bell.js';

/** What a run may cost. */
export interface Purse {
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

export interface Reservation {
  /** Puts what the call did cost in its place; without usage, nothing was billed. */
  settle(usage: Usage | undefined): void;
}

export interface PurseSettings {
  maxCostUsd: number;
  /** Of the model that is asked. */
  price: Price;
}

/**
 * What a call is taken to put out, thoughts included, before one has put out more: several times a
 * caption, so that a little thinking or a longer answer fits.
 */
const OUTPUT_TOKENS = 300;

/** A purse out of which calls that run at the same time are paid. */
export function createPurse({ maxCostUsd, price }: PurseSettings): Purse {
  let spentUsd = 0;
  let callsOnTheWay = 0;
  let inputOnTheWay = 0;
  // The worst seen so far, which also counts for the calls that are on their way already.
  let outputTokens = OUTPUT_TOKENS;
  let inputRatio = 1;
  let anySettled = false;
  const settled = createBell();

  const atMost = (calls: number, estimatedInput: number) =>
    costOf(
      {
        inputTokens: Math.ceil(estimatedInput * inputRatio),
        cachedTokens: 0,
        outputTokens: calls * outputTokens,
        thoughtTokens: 0,
      },
      price,
    );

  const fits = (inputTokens: number) => {
    const withIt = atMost(callsOnTheWay + 1, inputOnTheWay + inputTokens);
    return roundUsd(spentUsd + withIt) <= maxCostUsd && (anySettled || callsOnTheWay === 0);
  };

  return {
    get spentUsd() {
      return spentUsd;
    },

    async reserve(inputTokens) {
      while (!fits(inputTokens)) {
        if (callsOnTheWay === 0) throw passed(maxCostUsd, spentUsd);
        await settled.rung();
      }
      callsOnTheWay += 1;
      inputOnTheWay += inputTokens;
      let isSettled = false;
      return {
        settle(usage) {
          if (isSettled) return;
          isSettled = true;
          callsOnTheWay -= 1;
          inputOnTheWay -= inputTokens;
          anySettled = true;
          settled.ring();
          if (!usage) return;
          spentUsd = roundUsd(spentUsd + costOf(usage, price));
          outputTokens = Math.max(outputTokens, usage.outputTokens + usage.thoughtTokens);
          if (inputTokens > 0) inputRatio = Math.max(inputRatio, usage.inputTokens / inputTokens);
        },
      };
    },
  };
}

function passed(maxCostUsd: number, spentUsd: number): GeminiImageError {
  const [limit, spent] = [maxCostUsd, spentUsd].map(dollars);
  return new GeminiImageError({
    kind: 'quota',
    message: `the next call might pass the limit of ${limit} (--max-cost): ${spent} spent`,
    hint: 'The limit holds for one run; the next one may spend as much again.',
    endsRun: true,
  });
}

/** To a millionth, since what is left at a limit is less than a cent. */
function dollars(usd: number): string {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 6 };
  return `$${usd.toLocaleString('en-US', digits)}`;
}

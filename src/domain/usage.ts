/** Tokens as the API billed them; `outputTokens` does not include `thoughtTokens`. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  thoughtTokens: number;
  cachedTokens: number;
}

/** The tokens of several calls together; undefined if none of them is known. */
export function sumOf(...usages: readonly (Usage | undefined)[]): Usage | undefined {
  return usages.reduce(
    (sum, usage) =>
      sum && usage
        ? {
            inputTokens: sum.inputTokens + usage.inputTokens,
            outputTokens: sum.outputTokens + usage.outputTokens,
            thoughtTokens: sum.thoughtTokens + usage.thoughtTokens,
            cachedTokens: sum.cachedTokens + usage.cachedTokens,
          }
        : (sum ?? usage),
    undefined,
  );
}

/** What one call was billed for, or several together. */
export interface Bill {
  /** Absent if nothing is known of it. */
  usage?: Usage | undefined;
  /** In US dollars, each call at its own price; absent if one of the prices is not known. */
  costUsd?: number | undefined;
}

/** The bill of several calls together, each of which may have had another price. */
export function billOf(...bills: readonly (Bill | undefined)[]): {
  usage?: Usage;
  costUsd?: number;
} {
  const billed = bills.filter((bill) => bill?.usage !== undefined);
  const usage = sumOf(...billed.map((bill) => bill?.usage));
  if (!usage) return {};
  let costUsd = 0;
  for (const bill of billed) {
    if (bill?.costUsd === undefined) return { usage };
    costUsd += bill.costUsd;
  }
  return { usage, costUsd: roundUsd(costUsd) };
}

/** A copy with another bill in place of its own. */
export function withBill<Billed extends Bill>(
  { usage: _, costUsd: __, ...rest }: Billed,
  bill: { usage?: Usage; costUsd?: number },
) {
  return Object.assign(rest, bill);
}

/** To a billionth of a dollar, less than any token costs, so that sums show no binary noise. */
export function roundUsd(usd: number): number {
  return Math.round(usd * 1e9) / 1e9;
}

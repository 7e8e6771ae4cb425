/** Tokens as the API billed them; `outputTokens` does not include `thoughtTokens`. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  thoughtTokens: number;
  cachedTokens: number;
}

/** What calls were billed for together; undefined where nothing is known of any. */
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

/** Tokens as the API billed them; `outputTokens` does not include `thoughtTokens`. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  thoughtTokens: number;
  cachedTokens: number;
}

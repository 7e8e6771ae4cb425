/** Bodies as the Gemini API sends them. */

type Part = Readonly<Record<string, unknown>>;
type Fields = Readonly<Record<string, unknown>>;

/** A chunk, or a whole answer, whose candidate has these parts and fields. */
export function candidate(parts: readonly Part[], fields: Fields = {}) {
  return { candidates: [{ content: { role: 'model', parts }, ...fields }] };
}

/** A chunk that says something while more follows. */
export function piece(text: string) {
  return candidate([{ text }]);
}

/** A whole answer, or the last chunk of one. */
export function finished(text: string, finishReason = 'STOP') {
  return candidate([{ text }], { finishReason });
}

export interface Failure {
  error: { code: number; message: string; status: string; details?: readonly Fields[] };
}

/** An error body. */
export function failed(
  code: number,
  status: string,
  message: string,
  ...details: Fields[]
): Failure {
  return { error: { code, message, status, ...(details.length > 0 && { details }) } };
}

const TYPE = 'type.googleapis.com/google.rpc.';

export const overloaded = failed(
  503,
  'UNAVAILABLE',
  'The model is overloaded. Please try again later.',
);

/** A 429 for requests a minute. */
export function rateLimited(message = 'You exceeded your current quota.', ...details: Fields[]) {
  return failed(429, 'RESOURCE_EXHAUSTED', message, ...details);
}

export function errorInfo(reason: string, metadata: Fields = {}): Fields {
  return { '@type': `${TYPE}ErrorInfo`, reason, domain: 'googleapis.com', metadata };
}

export function retryInfo(retryDelay: string): Fields {
  return { '@type': `${TYPE}RetryInfo`, retryDelay };
}

export function quotaFailure(quotaId: string): Fields {
  const quotaMetric = 'generativelanguage.googleapis.com/generate_content_free_tier_requests';
  return { '@type': `${TYPE}QuotaFailure`, violations: [{ quotaMetric, quotaId }] };
}

export function help(url: string): Fields {
  return { '@type': `${TYPE}Help`, links: [{ description: 'Learn more', url }] };
}

export function debugInfo(detail: string): Fields {
  return { '@type': `${TYPE}DebugInfo`, detail };
}

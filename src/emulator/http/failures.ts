// Failures on request: the errors that a client must survive, in the requested proportions.
import { ApiError, type ErrorDetail } from './errors.js';

/** `share` (0–1) of the POST requests are answered with HTTP `status` (400–599). */
export interface FailureRule {
  readonly status: number;
  readonly share: number;
  /** Given where only requests to this service tier fail. */
  readonly tier?: 'flex' | undefined;
}

/** What is sent instead of an answer. */
type Failure =
  | { readonly kind: 'error'; readonly error: ApiError }
  | { readonly kind: 'html'; readonly status: number; readonly html: string };

export interface FailureSchedule {
  /** Counts one request. Returns the status to answer it with, or undefined for a proper answer. */
  next(): number | undefined;
}

/** Sums like 0.1 × 10 end just below 1. */
const ROUNDING = 1e-9;

/**
 * Spreads the failures evenly and the same way in every run: 0.3 fails the requests 4, 7 and 10
 * of ten. If two rules fall on one request, the later rule has the next one.
 * Throws a RangeError for a status outside 400–599 or a share outside 0–1.
 */
export function createFailureSchedule(rules: readonly FailureRule[]): FailureSchedule {
  for (const { status, share } of rules) {
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new RangeError(`A failure needs an HTTP status of 400 to 599, not ${status}.`);
    }
    if (!(share >= 0 && share <= 1)) {
      throw new RangeError(`A failure needs a share of 0 to 1, not ${share}.`);
    }
  }
  const due = rules.map(({ status, share }) => ({ status, share, owed: 0 }));
  return {
    next() {
      for (const rule of due) rule.owed += rule.share;
      const failing = due.find(({ owed }) => owed >= 1 - ROUNDING);
      if (failing !== undefined) failing.owed -= 1;
      return failing?.status;
    },
  };
}

/** Seconds that a rate-limited client is told to wait: short, so that tests stay fast. */
const RETRY_DELAY = '0.5s';
const RATE_LIMIT_PAGE = 'https://ai.google.dev/gemini-api/docs/rate-limits';
const RATE_LIMIT_METRIC = 'generativelanguage.googleapis.com/generate_content_free_tier_requests';

interface Wording {
  readonly status: string;
  readonly message: string;
}

const WORDING = {
  400: { status: 'INVALID_ARGUMENT', message: 'Request contains an invalid argument.' },
  401: {
    status: 'UNAUTHENTICATED',
    message:
      'Request had invalid authentication credentials. Expected OAuth 2 access token, ' +
      'login cookie or other valid authentication credential.',
  },
  402: { status: 'RESOURCE_EXHAUSTED', message: 'Your prepayment credits are depleted.' },
  403: { status: 'PERMISSION_DENIED', message: 'The caller does not have permission' },
  404: { status: 'NOT_FOUND', message: 'Requested entity was not found.' },
  408: { status: 'DEADLINE_EXCEEDED', message: 'The request timed out. Please try again.' },
  409: { status: 'ABORTED', message: 'The operation was aborted.' },
  499: { status: 'CANCELLED', message: 'The operation was cancelled.' },
  500: {
    status: 'INTERNAL',
    message:
      'An internal error has occurred. Please retry or report in ' +
      'https://developers.generativeai.google/guide/troubleshooting',
  },
  501: { status: 'UNIMPLEMENTED', message: 'Operation is not implemented, or not supported.' },
  503: {
    status: 'UNAVAILABLE',
    message: 'The model is overloaded. Please try again later.',
  },
  504: {
    status: 'DEADLINE_EXCEEDED',
    message: 'Deadline expired before operation could complete.',
  },
} as const satisfies Record<number, Wording>;

/** Statuses that Google's front end answers in HTML, because it reached no API server. */
const HTML_TITLES: Readonly<Record<number, string>> = {
  413: 'Error 413 (Request Entity Too Large)!!1',
  502: 'Error 502 (Server Error)!!1',
};

function failureOf(status: number, model: string | undefined): Failure {
  const title = HTML_TITLES[status];
  if (title !== undefined) return { kind: 'html', status, html: htmlPage(status, title) };
  if (status === 429) return { kind: 'error', error: rateLimited(model ?? 'unknown') };
  const wording = wordingOf(status);
  return { kind: 'error', error: new ApiError(status, wording.status, wording.message) };
}

/**
 * The answer for an HTTP status: a page, or an ApiError that is thrown. `model` (no `models/`) is
 * named in the quota details.
 */
export function fail(
  status: number,
  model: string | undefined,
  isShed = false,
): Extract<Failure, { kind: 'html' }> {
  if (isShed && status === 429) {
    // Nothing is said of a quota, since none was passed.
    throw new ApiError(
      429,
      'RESOURCE_EXHAUSTED',
      'Resource has been exhausted (e.g. check quota).',
    );
  }
  const failure = failureOf(status, model);
  if (failure.kind === 'error') throw failure.error;
  return failure;
}

function wordingOf(status: number): Wording {
  const table: Readonly<Record<number, Wording>> = WORDING;
  return table[status] ?? (status < 500 ? WORDING[400] : WORDING[500]);
}

function rateLimited(model: string): ApiError {
  const details: ErrorDetail[] = [
    {
      '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
      violations: [
        {
          quotaMetric: RATE_LIMIT_METRIC,
          quotaId: 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier',
          quotaDimensions: { location: 'global', model },
          quotaValue: '15',
        },
      ],
    },
    {
      '@type': 'type.googleapis.com/google.rpc.Help',
      links: [{ description: 'Learn more about Gemini API quotas', url: RATE_LIMIT_PAGE }],
    },
    { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: RETRY_DELAY },
  ];
  return new ApiError(
    429,
    'RESOURCE_EXHAUSTED',
    'You exceeded your current quota, please check your plan and billing details. ' +
      `For more information on this error, head to: ${RATE_LIMIT_PAGE}. \n` +
      `* Quota exceeded for metric: ${RATE_LIMIT_METRIC}, limit: 15, model: ${model}\n` +
      `Please retry in ${RETRY_DELAY}.`,
    details,
  );
}

function htmlPage(status: number, title: string): string {
  return (
    `<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n  <title>${title}</title>\n` +
    `  <p><b>${status}.</b> <ins>That’s an error.</ins>\n` +
    '  <p>The server encountered an error and could not complete your request.' +
    '<p>Please try again in 30 seconds.  <ins>That’s all we know.</ins>\n</html>\n'
  );
}

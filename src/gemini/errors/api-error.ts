import { type ErrorFacts, GeminiImageError } from '../../domain/error.js';
import { isPassing, type Reason } from '../../domain/error-policy.js';
import { isObject } from '../../domain/json.js';
import { oneLine, pageTitle, webPage } from '../../network/text.js';
import { asText, parseJson } from '../json.js';
import { ANY_MODEL_HINT, DEFAULT_MODEL, modelHint } from '../models.js';
import { readUsage } from '../usage-metadata.js';
import {
  type ErrorBody,
  errorReason,
  findErrorBody,
  helpLink,
  quotaIds,
  serverDelayMs,
} from './error-body.js';

const KEY_PAGE = 'https://aistudio.google.com/apikey';

/** A response that is not an answer. */
export interface FailedResponse {
  /** The HTTP status, or the code in an error that came with status 200. */
  status: number;
  contentType: string;
  retryAfter: string | null;
  body: string;
}

type Classified = Omit<ErrorFacts, 'httpStatus'>;

/** Turns a failed response into facts: the cause, and whether a retry makes sense. */
export function apiError(response: FailedResponse, now = Date.now()): GeminiImageError {
  const { status, retryAfter } = response;
  const parsed = parseJson(response.body);
  const body = findErrorBody(parsed) ?? plainMessage(parsed) ?? beginningOfBody(response.body);
  if (body) {
    const usage = isObject(parsed) ? readUsage(parsed.usageMetadata) : undefined;
    return errorFromBody(body, status, retryAfter, now).with({ usage });
  }
  const retryAfterMs = serverDelayMs({ message: '', details: [], retryAfter, now });
  return new GeminiImageError({ ...withoutBody(response), httpStatus: status, retryAfterMs });
}

/** The same for an error object inside an answer or a stream. */
export function errorFromBody(
  body: ErrorBody,
  status = body.code ?? 500,
  retryAfter: string | null = null,
  now = Date.now(),
): GeminiImageError {
  // A gateway may send another status; the innermost error is more reliable.
  const httpStatus = body.code ?? status;
  const classify = byStatus[httpStatus] ?? other;
  const facts = classify({ ...body, message: oneLine(body.message) }, httpStatus);
  const retryAfterMs = serverDelayMs({ ...body, retryAfter, now });
  return new GeminiImageError({ ...facts, httpStatus, retryAfterMs });
}

const passing = (reason: Reason, what: string) => (body: ErrorBody, status: number) => ({
  kind: 'service' as const,
  reason,
  message: `${what} (${status})${said(body)}`,
  hint: 'Try again later.',
});

const byStatus: Readonly<Record<number, (body: ErrorBody, status: number) => Classified>> = {
  400: badRequest,
  401: notAllowed,
  402: (body) => ({
    kind: 'quota',
    message: `the prepaid credits are used up (402)${said(body)}`,
    hint: 'Add credits in Google AI Studio.',
  }),
  403: notAllowed,
  404: notFound,
  408: passing('failed inside', 'the service took too long'),
  413: tooLarge,
  429: tooMany,
  500: passing('failed inside', 'the service failed inside'),
  502: passing('failed inside', 'a gateway got no answer'),
  503: passing('overloaded', 'the service is overloaded'),
  504: passing('failed inside', 'the service took too long'),
};

function other(body: ErrorBody, status: number): Classified {
  return { kind: 'service', message: `the service answered with HTTP ${status}${said(body)}` };
}

function badRequest(body: ErrorBody): Classified {
  const reason = errorReason(body);
  if (
    /^API_KEY_/.test(reason ?? '') ||
    /\bAPI key (?:not valid|expired|not found)/i.test(body.message)
  ) {
    return {
      kind: 'auth',
      message: `the API key was refused (400)${said(body)}`,
      hint: `Check the key, or make a new one at ${KEY_PAGE}`,
    };
  }
  if (body.status === 'FAILED_PRECONDITION' || /location is not supported/i.test(body.message)) {
    return {
      kind: 'auth',
      message: `the API is not offered at this location (400)${said(body)}`,
      hint: 'See https://ai.google.dev/gemini-api/docs/available-regions',
    };
  }
  if (/payload size exceeds/i.test(body.message)) return tooLarge(body);
  const refused = refusedSetting(body.message);
  if (refused) return { ...refused, message: `${refused.message} (400)${said(body)}` };
  if (/\bimage\b|MIME type/i.test(body.message)) {
    return {
      kind: 'input',
      message: `the service cannot use this picture (400)${said(body)}`,
      hint: 'Open it and save it anew as JPEG or PNG.',
    };
  }
  return {
    kind: 'usage',
    message: `the service calls the request invalid (400)${said(body)}`,
    hint: 'The picture, the prompt, a setting or the model is not as it takes them; --dry-run shows the request.',
  };
}

function notAllowed(body: ErrorBody, status: number): Classified {
  const link = helpLink(body);
  if (errorReason(body) === 'SERVICE_DISABLED') {
    return {
      kind: 'auth',
      message: `the Gemini API is not enabled for this key's project (${status})${said(body)}`,
      hint: link ? `Enable it at ${link}` : "Enable it in the project's Google Cloud console.",
    };
  }
  if (errorReason(body) === 'ACCESS_TOKEN_TYPE_UNSUPPORTED') {
    return {
      kind: 'auth',
      message: `this is a key of the old kind, which is not taken any more (${status})${said(body)}`,
      hint: `Make a new one at ${KEY_PAGE}`,
    };
  }
  if (/leaked/i.test(body.message)) {
    return {
      kind: 'auth',
      message: `the API key was reported as leaked (${status})${said(body)}`,
      hint: `Make a new one at ${KEY_PAGE} and delete the old one.`,
    };
  }
  if (status === 403 && /\bfiles?\b(?! api)/i.test(body.message))
    return missingUpload(body, status);
  return {
    kind: 'auth',
    message: `${status === 401 ? 'the API key was refused' : 'the API key is not allowed to do this'} (${status})${said(body)}`,
    hint: `Check the key at ${KEY_PAGE}`,
  };
}

/**
 * A foreign or expired file answers 403. The key and the picture are fine: the file was uploaded by
 * this run, and the next run uploads it again.
 */
function missingUpload(body: ErrorBody, status: number): Classified {
  return {
    kind: 'service',
    message: `the uploaded picture is gone, or belongs to another key's project (${status})${said(body)}`,
    hint: 'Run it again, which uploads it anew: uploads expire after 48 hours.',
  };
}

function tooLarge(body: ErrorBody, status = 400): Classified {
  return {
    kind: 'input',
    message: `the request is too large for the service (${status})${said(body)}`,
    hint: 'Send a smaller picture.',
  };
}

/** Rate limits pass. Daily, zero and spending limits do not, even if RetryInfo is sent. */
function tooMany(body: ErrorBody): Classified {
  const quotas = quotaIds(body);
  // The message may name limits that were not passed; the ids name only those that were.
  if ((quotas.length > 0 ? quotas : [body.message]).some((text) => /per[ _-]?day/i.test(text))) {
    return {
      kind: 'quota',
      message: `the daily quota is used up (429)${said(body)}`,
      hint: 'It is reset at midnight Pacific time; another model or a paid tier has its own.',
    };
  }
  if (/\blimit: 0\b/.test(body.message)) {
    return {
      kind: 'quota',
      message: `this key's tier has no quota for the model (429)${said(body)}`,
      hint: `Use ${DEFAULT_MODEL}, or enable billing.`,
    };
  }
  if (isFinal(body.message) || quotas.some((id) => /per[ _-]?month/i.test(id))) {
    return {
      kind: 'quota',
      message: `the spending limit is reached (429)${said(body)}`,
      hint: 'Raise it, or add credits, in Google AI Studio, or wait for the next period.',
    };
  }
  if (isSpendRate(body.message)) {
    return {
      kind: 'quota',
      message: `too much was spent within a short time (429)${said(body)}`,
      hint: 'Spending is limited in a window of ten minutes. Wait that long, or ask more slowly with --rpm.',
      reason: 'spend rate',
    };
  }
  return {
    kind: 'quota',
    reason: quotas.length > 0 || namesQuota(body.message) ? 'rate limit' : 'exhausted',
    message: `too many requests (429)${said(body)}`,
    hint: 'Try again in some minutes. Limits hold for the whole project, so other programs count too; --rpm asks more slowly.',
  };
}

/** Whether waiting within a run cannot lift the limit. */
function isFinal(message: string): boolean {
  return /\bmonth(?:ly)?\b|\bpre-?pa(?:id|yment)\b/i.test(message.replace(PLAN_ADVICE, ''));
}

function isSpendRate(message: string): boolean {
  return /\bspen[dt](?:ing)?\b/i.test(message.replace(PLAN_ADVICE, ''));
}

/** Whether a limit of this project was passed, rather than the capacity of the service. */
function namesQuota(message: string): boolean {
  return /\bquota\b|\brate[ -]?limit|\bper (?:minute|second|hour)\b/i.test(
    message.replace(NO_QUOTA, ''),
  );
}

/** gRPC says this for every 429 that has no message of its own. */
const NO_QUOTA = /\(e\.g\. check quota\)/i;

/** The standard text of a 429 names billing, but does not mean a limit of it. */
const PLAN_ADVICE = /please check your plan and billing details/i;

/** Other gateways than Google's may send only a message. */
function plainMessage(parsed: unknown): ErrorBody | undefined {
  const message = isObject(parsed) ? asText(parsed.message) : undefined;
  return message === undefined
    ? undefined
    : { code: undefined, message, status: undefined, details: [] };
}

/** In JSON that is longer than what is read, the message comes early. */
function beginningOfBody(text: string): ErrorBody | undefined {
  const isJson = /^\s*[[{]/.test(text);
  const quoted = isJson ? /"message"\s*:\s*"((?:[^"\\]|\\.)*)/.exec(text)?.[1] : undefined;
  // The text may be cut within an escape.
  const whole = quoted?.replace(/\\u[\da-f]{0,3}$/i, '');
  const message = whole === undefined ? undefined : asText(parseJson(`"${whole}"`));
  return message === undefined ? undefined : plainMessage({ message });
}

function withoutBody({ status, contentType, body }: FailedResponse): Classified {
  const empty: ErrorBody = { code: status, message: '', status: undefined, details: [] };
  // A status that the API does not use, without the API's words, is somebody else's; 511 asks for a
  // login.
  const reason = status < 500 || status === 511 ? 'not the API' : undefined;
  const facts = byStatus[status]?.(empty, status) ?? { ...other(empty, status), reason };
  const title = pageTitle(contentType, body);
  if (title === undefined) return facts;
  const message = webPage(status, title);
  if (isPassing(facts) || facts.kind === 'input') return { ...facts, message };
  // The API answers in JSON: an HTML page with 403 or 404 is not about the key or the model.
  const hint = 'Check the base URL and the proxy settings.';
  return { kind: 'service', message, hint, reason };
}

function notFound(body: ErrorBody): Classified {
  if (/\bthe file\b|\bfiles\/[\w-]/i.test(body.message)) return missingUpload(body, 404);
  if (!/\bmodels?\b/i.test(body.message)) {
    return {
      kind: 'usage',
      reason: 'not found',
      message: `the address was not found (404)${said(body)}`,
      hint: 'Check the base URL, which goes without /v1beta.',
    };
  }
  const retired = /no longer available/i.test(body.message);
  return {
    kind: 'usage',
    reason: 'not found',
    message: `${retired ? 'the model is retired' : 'there is no such model'} (404)${said(body)}`,
    hint: modelHint(body.message),
  };
}

function said({ message }: ErrorBody): string {
  return message === '' ? '' : `: ${message.replace(/\.$/, '')}`;
}

/** The error for a refused setting. */
type Refused = Pick<ErrorFacts, 'kind' | 'reason' | 'message' | 'hint'>;

/** Where settings stand in a request. All requests of a run have the same settings. */
const PLACE = /\b(?:generation_?config|safety_?settings|system_?instruction)\b/i;

const SCHEMA = /schema\b|\bresponse_?mime_?type/i;

const TIER = /\bservice[_ ]?tier\b|\bflex\b|\bpriority (?:tier|inference|processing)\b/i;

const THINKING = /\bthinking/i;

/** Settings by their names in the API, with the options that set them. */
const options = [
  [THINKING, '--thinking'],
  [/\bmedia[_ ]?resolution/i, '--media-resolution'],
  [/\bmax_?output_?tokens/i, '--max-output-tokens'],
  [/\btemperature\b/i, '--temperature'],
  [/\bseed\b/i, '--seed'],
  [/\bsafety_?settings/i, '--safety'],
  [/\b(?:system|developer)[_ ]?instruction/i, '--system'],
] as const satisfies readonly (readonly [RegExp, string])[];

/** Finds out from the text of a 400 whether it is about a setting, and about which. */
function refusedSetting(words: string): Refused | undefined {
  const isPlaced = PLACE.test(words);
  // This comes first, since the fields of a schema may have any name.
  if (SCHEMA.test(words)) {
    const hint = 'A simpler schema may help, or another model; --dry-run shows the request.';
    return refused('the schema of the answer', hint);
  }
  if (/\bJSON mode\b/i.test(words)) {
    const hint = `Use ${DEFAULT_MODEL}, or leave out what asks for JSON (a schema, a style or a command that needs it).`;
    return { ...refused('JSON as its answer', hint), message: 'the model does not answer in JSON' };
  }
  if (/\bimage input modality\b/i.test(words)) {
    const hint = `Use a model that takes pictures, such as the default, ${DEFAULT_MODEL} (-m).`;
    return { ...refused('pictures', hint), message: 'this model takes no pictures' };
  }
  // A service that does not know the field takes no thinking level.
  if (THINKING.test(words) && !/\bunknown name\b/i.test(words)) {
    return refused('the thinking level', ANY_MODEL_HINT);
  }
  if (TIER.test(words)) {
    const hint = 'Leave out --tier, or use a model that offers it (-m).';
    return { ...refused('the tier', hint), message: 'the model does not offer this tier' };
  }
  const option = options.find(([name]) => name.test(words))?.[1];
  if (option === undefined && !isPlaced) return undefined;
  const what = option ?? 'a setting';
  const hint = `Leave out ${what}, or use another model; --dry-run shows the request.`;
  return refused(what, hint);
}

/** Ends the run: all its requests have the same settings, so each would be refused. */
function refused(what: string, hint: string): Refused {
  return {
    kind: 'usage',
    reason: 'refused setting',
    message: `the service does not take ${what}`,
    hint,
  };
}

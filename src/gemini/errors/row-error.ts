import type { GeminiImageError } from '../../domain/error.js';
import { isObject } from '../../domain/json.js';
import { asArray, asText } from '../json.js';
import { errorFromBody } from './api-error.js';
import { findErrorBody } from './error-body.js';

/** `google.rpc.Code` as the HTTP status with which a single call fails for the same reason. */
const statusOf: Readonly<Record<number, number>> = {
  1: 499,
  2: 500,
  3: 400,
  4: 504,
  5: 404,
  6: 409,
  7: 403,
  8: 429,
  9: 400,
  10: 409,
  11: 400,
  12: 501,
  13: 500,
  14: 503,
  15: 500,
  16: 401,
};

/** Cancelled, and aborted because of something at the same time: the question itself is fine. */
const NO_FAULT = [1, 10];

/**
 * The error in a row of a batch job. Its code is one of gRPC; what failed for a passing reason is
 * told apart as after a single call.
 */
export function rowError(error: unknown): GeminiImageError {
  const status = isObject(error) ? error : {};
  const code = Number(status.code);
  const httpStatus = statusOf[code] ?? (code >= 400 && code < 600 ? code : 500);
  const body = findErrorBody({ error }) ?? {
    code: undefined,
    message: asText(error) ?? '',
    status: undefined,
    details: asArray(status.details).filter(isObject),
  };
  const failure = errorFromBody(body, httpStatus);
  return NO_FAULT.includes(code) ? failure.with({ reason: 'failed inside' }) : failure;
}

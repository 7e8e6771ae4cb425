// The error answers of the Gemini API: `{"error":{"code","message","status","details"?}}`.
// Shape and wording as recorded from generativelanguage.googleapis.com, API version v1beta.

/** One `google.rpc` detail message; `@type` says which. */
export type ErrorDetail = { readonly '@type': string } & Readonly<Record<string, unknown>>;

/** A wrong value in a request: its proto path (absent at the root), and what is wrong with it. */
export interface FieldViolation {
  field?: string;
  description: string;
}

export interface ErrorBody {
  error: { code: number; message: string; status: string; details?: readonly ErrorDetail[] };
}

/** An answer that is an error; thrown anywhere while a request is handled. */
export class ApiError extends Error {
  readonly code: number;
  readonly status: string;
  readonly details: readonly ErrorDetail[];

  /** `code` is the HTTP status, `status` the canonical name of `google.rpc.Code`. */
  constructor(code: number, status: string, message: string, details: readonly ErrorDetail[] = []) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
    this.details = details;
  }

  toBody(): ErrorBody {
    const { code, message, status, details } = this;
    return { error: { code, message, status, ...(details.length > 0 && { details }) } };
  }
}

export function invalidArgument(message: string, details: readonly ErrorDetail[] = []): ApiError {
  return new ApiError(400, 'INVALID_ARGUMENT', message, details);
}

/** A value that breaks a rule of `generateContent`; `path` is in snake_case, below the request. */
export function invalidField(path: string, problem: string): ApiError {
  return invalidArgument(`* GenerateContentRequest.${path}: ${problem}\n`);
}

export function notFound(message: string): ApiError {
  return new ApiError(404, 'NOT_FOUND', message);
}

export function permissionDenied(message: string): ApiError {
  return new ApiError(403, 'PERMISSION_DENIED', message);
}

/** The same for a missing file and for another project's. `id` is its name without `files/`. */
export function noSuchFile(id: string): ApiError {
  return permissionDenied(
    `You do not have permission to access the File ${id} or it may not exist.`,
  );
}

/** Google answers with all violations of a request at once, one a line. */
export function badRequest(violations: readonly FieldViolation[]): ApiError {
  return invalidArgument(violations.map(({ description }) => description).join('\n'), [
    { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: violations },
  ]);
}

export function missingKey(): ApiError {
  return permissionDenied(
    "Method doesn't allow unregistered callers (callers without established identity). " +
      'Please use API Key or other form of API consumer identity to call this API.',
  );
}

export function invalidKey(): ApiError {
  return invalidArgument('API key not valid. Please pass a valid API key.', [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'API_KEY_INVALID',
      domain: 'googleapis.com',
      metadata: { service: 'generativelanguage.googleapis.com' },
    },
    {
      '@type': 'type.googleapis.com/google.rpc.LocalizedMessage',
      locale: 'en-US',
      message: 'API key not valid. Please pass a valid API key.',
    },
  ]);
}

export function unprocessableImage(): ApiError {
  return invalidArgument(
    'Unable to process input image. Please retry or report in ' +
      'https://developers.generativeai.google/guide/troubleshooting',
  );
}

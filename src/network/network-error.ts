import { errorCode, GeminiImageError } from '../domain/error.js';
import type { Reason } from '../domain/error-policy.js';
import { oneLine } from './text.js';

const CERTIFICATE_HINT =
  "If a company's proxy inspects traffic, set NODE_EXTRA_CA_CERTS to its certificate.";

/** Stands for the caller's hint, which says what to check on the route to its server. */
const ROUTE = Symbol('route');

const ROUTE_HINT = 'Check the network, the base URL and HTTPS_PROXY.';

interface NetworkFact {
  message: string;
  hint?: string | typeof ROUTE;
  reason?: Reason;
}

/** A failure before there was a connection, so it is not about what was to be sent. */
const unreachable = (message: string): NetworkFact => ({
  message,
  hint: ROUTE,
  reason: 'unreachable',
});

const brokenOff = (message: string): NetworkFact => ({
  message,
  hint: ROUTE,
  reason: 'broken off',
});

/** Codes of Node's sockets that say what went wrong on the wire. */
const facts: Readonly<Record<string, NetworkFact>> = {
  ECONNREFUSED: unreachable('the connection was refused'),
  ECONNRESET: brokenOff('the connection was reset'),
  EPIPE: brokenOff('the connection was closed while sending'),
  ETIMEDOUT: unreachable('the connection timed out'),
  ENOTFOUND: unreachable("the server's name was not found; is this machine online?"),
  EAI_AGAIN: unreachable("the server's name could not be looked up; is this machine online?"),
  ENETUNREACH: unreachable('the network cannot be reached'),
  ENETDOWN: unreachable('the network is down'),
  EHOSTUNREACH: unreachable('the server cannot be reached'),
  EPROTO: {
    message: 'the server does not speak TLS; is this an http port?',
    hint: ROUTE,
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    message: "the server's certificate is for another name",
    hint: CERTIFICATE_HINT,
  },
  CERT_HAS_EXPIRED: {
    message: "the server's certificate has expired",
    hint: "Check this machine's clock.",
  },
};

const UNTRUSTED = /^(?:SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_(?:VERIFY|GET))/;

/** OpenSSL's and Node's codes for certificates and handshakes. */
const TLS =
  /^(?:EPROTO|ERR_TLS_|ERR_SSL_|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|INVALID_(?:CA|PURPOSE)|HOSTNAME_MISMATCH)/;

/**
 * The error for a failure of the network. The cause may lie inside another error: a name with several
 * addresses fails with an error for each. An unknown failure is not worth a retry.
 *
 * @param routeHint what to check if the server was not reached.
 */
export function networkError(error: unknown, routeHint: string = ROUTE_HINT): GeminiImageError {
  const { code, message } = deepestCause(error);
  const fact = (code !== undefined && facts[code]) || unknownFact(code);
  const detail = [code, oneLine(message)].filter(
    (part, at, all) => part && all.indexOf(part) === at,
  );
  return new GeminiImageError({
    kind: 'service',
    ...(TLS.test(code ?? '') && { reason: 'untrusted' as const }),
    ...fact,
    hint: fact.hint === ROUTE ? routeHint : fact.hint,
    message: `${fact.message} (${detail.join(': ')})`,
    cause: error,
  });
}

/** Whether an error of `networkError` says that the server was not reached at all. */
export function isUnreachable({ reason }: GeminiImageError): boolean {
  return reason === 'unreachable';
}

/** Whether it says that the server's name is unknown. */
export function isUnknownHost(error: unknown): boolean {
  if (!(error instanceof GeminiImageError) || error.kind !== 'service') return false;
  return ['ENOTFOUND', 'EAI_AGAIN'].includes(deepestCause(error.cause).code ?? '');
}

/** Whether it says that the server cannot be trusted, or does not speak TLS. */
export function isUntrusted({ reason }: GeminiImageError): boolean {
  return reason === 'untrusted';
}

function unknownFact(code: string | undefined): NetworkFact {
  if (code !== undefined && UNTRUSTED.test(code)) {
    return {
      message: "the server's certificate is not trusted",
      hint: CERTIFICATE_HINT,
    };
  }
  if (code?.startsWith('HPE_')) {
    return { message: 'the server does not speak HTTP as it should' };
  }
  return { message: 'the request failed' };
}

/** The innermost error that has a code, or else the innermost one. */
function deepestCause(error: unknown): { code: string | undefined; message: string } {
  let found = { code: errorCode(error), message: messageOf(error) };
  let current = inner(error);
  for (let depth = 0; current !== undefined && depth < 8; depth += 1) {
    const code = errorCode(current);
    if (code !== undefined || found.code === undefined) {
      found = { code: code ?? found.code, message: messageOf(current) };
    }
    current = inner(current);
  }
  return found;
}

function inner(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  return error instanceof AggregateError ? error.errors[0] : error.cause;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

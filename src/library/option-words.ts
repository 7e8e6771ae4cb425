import { GeminiImageError } from '../domain/error.js';
import type { ErrorRecord, FailedRecord, TogetherFailedRecord } from '../domain/record.js';
import { optionOfFlag } from './check-options.js';

/**
 * Flags and variables of the command as words for programs, which have options: `--max-edge` is
 * `maxEdge`, and `HTTPS_PROXY` is `proxy.httpsProxy`.
 */
export function inOptions(text: string): string {
  return text
    .replace(' (-f json)', '')
    .replace(', GOOGLE_GEMINI_BASE_URL', '')
    .replace(/\bHTTPS_PROXY\b/g, 'proxy.httpsProxy')
    .replace(/\bNO_PROXY\b/g, 'proxy.noProxy')
    .replace('Give -r to', 'Give recursive to')
    .replace(/--timeout <seconds>|--timeout\b/g, 'timeoutMs')
    .replace(/--decode-timeout\b/g, 'decodeTimeoutMs')
    .replace(/--decode-memory\b/g, 'decodeMemoryMb')
    .replace(/--([a-z]+(?:-[a-z]+)*)/g, (flag, name) => optionOfFlag(name) ?? flag)
    .replace(/(?<=[ (])-m(?=[ ).,])/g, 'model')
    .replace(/(?<=[ (])-o(?=[ ).,]|$)/g, 'ledger');
}

/** An error whose words name options in place of flags; whatever else is thrown stays as it is. */
export function errorInOptions(error: unknown): unknown {
  if (!(error instanceof GeminiImageError)) return error;
  const { message, hint } = error;
  const words = { message: inOptions(message), hint: hint && inOptions(hint) };
  return words.message === message && words.hint === hint ? error : error.with(words);
}

/** For `catch`: throws the same error in other words. */
export function thrownInOptions(error: unknown): never {
  throw errorInOptions(error);
}

/** The same for the error of a record. The ledger has it as the command writes it. */
export function recordInOptions(
  record: FailedRecord | TogetherFailedRecord,
): FailedRecord | TogetherFailedRecord {
  const { message, hint } = record.error;
  const error: ErrorRecord = {
    ...record.error,
    message: inOptions(message),
    ...(hint !== undefined && { hint: inOptions(hint) }),
  };
  return { ...record, error };
}

import type { ErrorKind, GeminiImageError } from '../domain/error.js';

/** What was looked at, and how it is. */
export interface Finding {
  /** Such as `proxy`. */
  what: string;
  state: 'right' | 'warning' | 'wrong';
  /** How it is, in words. */
  found: string;
  /** What to do about it. */
  todo?: string | undefined;
  /** Where it is wrong: the kind of error that a run would end with. */
  kind?: ErrorKind;
}

export const right = (what: string, found: string, todo?: string): Finding => ({
  ...{ what, state: 'right', found, todo },
});

export const warning = (what: string, found: string, todo?: string): Finding => ({
  ...{ what, state: 'warning', found, todo },
});

export function wrong(what: string, { message, hint, kind }: GeminiImageError): Finding {
  return { what, state: 'wrong', found: message, todo: hint, kind };
}

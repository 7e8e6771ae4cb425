// Loaded only where a name decides: its table of a thousand types takes a while.
import { lookup } from 'mime-types';

/** The MIME type that the ending of a name stands for, without its dot, if it is a known one. */
export function typeOfEnding(ending: string): string | undefined {
  return lookup(ending) || undefined;
}

// Loaded only where a name decides: its table of a thousand types takes a while.
import { lookup } from 'mime-types';

/** The MIME type that a name's ending stands for, if it is a known one. */
export function typeOfName(name: string): string | undefined {
  return lookup(name) || undefined;
}

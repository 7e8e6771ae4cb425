import type { GeminiImageError } from '../domain/error.js';
import type { Notice } from '../domain/events.js';

/** Base URLs that were found not to know the field, for as long as this process lives. */
const unknowing = new Set<string>();

/** Whether `store: false` goes with the requests to one address, and what comes of it. */
export interface StorageRefusal {
  /** Whether the next request is to have the field. */
  isSent(): boolean;
  /**
   * Notes that a request was refused for the field.
   *
   * @returns whether that is why it failed, so that the same request without it may be taken.
   */
  isUnknown(failure: GeminiImageError): boolean;
  /** What the user should know once, where requests go out without the field. */
  notice(): Notice | undefined;
}

/**
 * A gateway or an old proxy may not know the field, and refuse each request that has it. It is told
 * so once, and the user too.
 *
 * @param isAllowed whether the user lets the service keep what is asked.
 */
export function storageRefusal(baseUrl: string, isAllowed: boolean): StorageRefusal {
  let isTold = false;
  return {
    isSent: () => !isAllowed && !unknowing.has(baseUrl),
    isUnknown(failure) {
      if (failure.httpStatus !== 400 || !UNKNOWN_FIELD.test(failure.message)) return false;
      unknowing.add(baseUrl);
      return true;
    },
    notice() {
      if (isTold || isAllowed || !unknowing.has(baseUrl)) return undefined;
      isTold = true;
      return {
        topic: 'storage',
        message:
          'this server does not take "store": false, so requests go without it; whoever answers may keep pictures and answers',
      };
    },
  };
}

/** Of the request itself: a field of the same name inside a schema has a place behind it. */
const UNKNOWN_FIELD = /\bunknown name "store"(?! at )/i;

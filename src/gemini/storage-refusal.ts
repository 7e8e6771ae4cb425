import type { GeminiImageError } from '../domain/error.js';
import type { Notice } from '../domain/events.js';

/** Base URLs whose server does not know the field, remembered until the process ends. */
const unknowing = new Set<string>();

/** Decides whether requests to one address carry `store: false`. */
export interface StorageRefusal {
  /** Whether the next request should have the field. */
  isSent(): boolean;
  /**
   * Records that a request was refused because of the field.
   *
   * @returns whether that was the reason, so that the request can be repeated without the field.
   */
  isUnknown(failure: GeminiImageError): boolean;
  /** A warning for the user, once, if requests are sent without the field. */
  notice(): Notice | undefined;
}

/**
 * A gateway or an old proxy may not know the field, and refuse every request that has it. The field
 * is then left out, and the user is warned once.
 *
 * @param isAllowed whether the user lets the service keep questions.
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

/**
 * The field of the request itself: for a field of this name in a schema, the message adds its path.
 */
const UNKNOWN_FIELD = /\bunknown name "store"(?! at )/i;

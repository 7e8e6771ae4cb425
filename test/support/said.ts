import { sentencesOf } from '../../src/cli/reporter.js';
import type { EventType, Retry, Tell, TellOfAnswer } from '../../src/domain/events.js';

/**
 * A listener that hands on what the terminal says of events; errors and progress have no sentences.
 *
 * @param only these types; all where none is named.
 */
export function listening(hear: (text: string) => unknown, ...only: EventType[]): Tell {
  return (event) => {
    if (only.length > 0 && !only.includes(event.type)) return;
    switch (event.type) {
      case 'progress':
      case 'progressOver':
      case 'pause':
      case 'failed':
        return;
      default:
        for (const { text } of sentencesOf(event)) hear(text);
    }
  };
}

/** A listener that hands on repetitions, and nothing else. */
export function hearingRetries(hear: (retry: Retry) => unknown): TellOfAnswer {
  return (event) => {
    if (event.type !== 'retry') return;
    const { type: _, ...retry } = event;
    hear(retry);
  };
}

/** A listener that hands on what warnings say. */
export function hearingWarnings(hear: (message: string) => unknown): TellOfAnswer {
  return (event) => {
    if (event.type === 'warning') hear(event.message);
  };
}

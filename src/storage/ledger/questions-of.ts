import type { OkRecord, TogetherOkRecord } from '../../domain/record.js';

type Answered = OkRecord | TogetherOkRecord;

/** The fingerprints of all questions that a record answers. */
export function questionsOf({ request, requests, answers }: Answered): readonly string[] {
  if (answers && requests) return Object.values(requests);
  return request === undefined ? [] : [request];
}

/** Those of the questions that its own call asked; the others were answered before. */
export function questionsAskedIn(record: Answered): readonly string[] {
  const { asked, requests } = record;
  if (!requests || asked?.style === undefined) return questionsOf(record);
  return asked.style.split(',').flatMap((style) => requests[style] ?? []);
}

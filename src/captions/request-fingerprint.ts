import { hash } from 'node:crypto';
import type { CaptionTask } from './caption-task.js';

/** Enough that two of the requests that one person ever makes are not mistaken for each other. */
const LENGTH = 16;

/**
 * A short fingerprint of everything but the pictures that an answer depends on. Two questions of
 * the same fingerprint about the same picture are the same question.
 *
 * @param together whether one question is asked about all pictures, each under its name.
 */
export function requestFingerprint(
  { model, brief, settings = {}, votes = 1, load, isLocal = false }: CaptionTask,
  together: boolean,
): string {
  const { maxEdge, keepMetadata, original } = load;
  const options = { maxEdge, keepMetadata, original, together, isLocal };
  const { prompt, schema, rules } = brief;
  const question = {
    ...{ version: 1, model, prompt, options, schema, rules },
    // What is absent leaves no trace, so that a question keeps its fingerprint in later versions.
    ...(Object.values(settings).some((value) => value !== undefined) && { settings }),
    ...(votes > 1 && { votes }),
  };
  return hash('sha256', JSON.stringify(question)).slice(0, LENGTH);
}

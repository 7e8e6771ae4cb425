import { createHash } from 'node:crypto';
import { type Content, piecesOf } from '../domain/content.js';

/** The key of an answer, made while the pictures of its question are loaded. */
export interface AnswerKey {
  /**
   * Adds the next picture, as it is to be sent.
   *
   * @param label the text before it, where it has one.
   * @throws GeminiImageError of kind `input` where its bytes can no longer be read.
   */
  add(content: Content, mimeType: string, label?: string): Promise<void>;
  /** SHA-256 in hexadecimal; nothing can be added after it. */
  digest(): string;
}

const READ_AT_ONCE = 1_048_576;

/**
 * @param request the fingerprint of all that an answer depends on besides its pictures.
 * @param prompt as it is sent, with the facts of its picture.
 */
export function answerKey(request: string, prompt: string): AnswerKey {
  const hash = createHash('sha256').update(`${JSON.stringify([2, request, prompt])}\n`);
  return {
    async add(content, mimeType, label) {
      // With its size in front, no picture's bytes can be taken for the beginning of the next.
      hash.update(`${JSON.stringify([label ?? null, mimeType, content.size])}\n`);
      for await (const piece of piecesOf(content, READ_AT_ONCE)) hash.update(piece);
    },
    digest: () => hash.digest('hex'),
  };
}

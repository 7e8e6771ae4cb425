import { type ErrorFacts, GeminiImageError } from '../../domain/error.js';
import { oneLine } from '../../network/text.js';

interface Words {
  message: string;
  hint?: string;
}

const OTHER_PICTURE = 'Another prompt may help; the picture itself may be what the model refuses.';
const HIGHER_LIMIT = 'Raise --max-output-tokens; thinking counts against it too.';
const ANOTHER_PROMPT = 'Ask in other words with --prompt.';

const refused = (why: string): Words => ({
  message: `the model refused to answer: ${why}`,
  hint: OTHER_PICTURE,
});

/** Finish reasons other than STOP, from the API's reference. */
const finishReasons: Readonly<Record<string, Words>> = {
  MAX_TOKENS: {
    message: 'the answer was cut short at its token limit',
    hint: 'Ask for less, or allow more with --max-output-tokens; thinking counts against it too.',
  },
  SAFETY: refused('safety'),
  RECITATION: {
    message: 'the model stopped: it was reciting protected text',
    hint: 'Ask for a description in its own words with --prompt.',
  },
  LANGUAGE: { message: 'the model does not support the language', hint: ANOTHER_PROMPT },
  BLOCKLIST: refused('the answer holds a forbidden term'),
  PROHIBITED_CONTENT: refused('prohibited content'),
  SPII: refused('sensitive personal information'),
  IMAGE_SAFETY: refused('the safety of the picture'),
  IMAGE_PROHIBITED_CONTENT: refused('prohibited content in the picture'),
  OTHER: {
    message: 'the model stopped for a reason that it did not give',
    hint: 'Try again later.',
  },
};

/** Block reasons, from the API's reference. */
const blockReasons: Readonly<Record<string, string>> = {
  SAFETY: 'safety',
  OTHER: 'a reason that it did not give',
  BLOCKLIST: 'a forbidden term',
  PROHIBITED_CONTENT: 'prohibited content',
  IMAGE_SAFETY: 'the safety of the picture',
  MODEL_ARMOR: 'Model Armor',
  JAILBREAK: 'an attempt to get around its rules',
};

/**
 * The error of an answer that ended other than by STOP; reasons that are new keep their name.
 *
 * @param isLimited whether the caller had set a limit of tokens.
 */
export function stoppedAnswer(
  reason: string,
  detail: string,
  text: string,
  isLimited: boolean,
): GeminiImageError {
  const finishReason = oneLine(reason);
  const known = Object.hasOwn(finishReasons, reason) ? finishReasons[reason] : undefined;
  const words = known ?? {
    message: 'the model stopped before the answer was finished',
    hint: ANOTHER_PROMPT,
  };
  const facts: ErrorFacts = {
    kind: 'answer',
    message: `${words.message} (${finishReason}${detail && `: ${withoutStop(detail)}`})`,
    hint: isLimited && reason === 'MAX_TOKENS' ? HIGHER_LIMIT : words.hint,
    // "Model failed to generate content due to internal error" comes as OTHER without a text.
    reason: reason === 'OTHER' && text === '' ? 'stopped without reason' : undefined,
    finishReason,
    partialText: reason === 'MAX_TOKENS' && text !== '' ? text : undefined,
  };
  return new GeminiImageError(facts);
}

/** The error of a prompt, or its picture, that was blocked before the model saw it. */
export function blockedPrompt(reason: string | undefined, detail: string): GeminiImageError {
  const known = reason && Object.hasOwn(blockReasons, reason) ? blockReasons[reason] : undefined;
  const why = reason && (known ?? 'a reason that is new');
  const facts = [reason && oneLine(reason), withoutStop(detail)].filter(Boolean).join(': ');
  return new GeminiImageError({
    kind: 'answer',
    message: `the service blocked the request${why ? ` for ${why}` : ''} (${facts})`,
    hint: OTHER_PICTURE,
  });
}

function withoutStop(text: string): string {
  return text.replace(/\.$/, '');
}

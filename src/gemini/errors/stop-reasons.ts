import { type ErrorFacts, GeminiImageError } from '../../domain/error.js';
import { isObject } from '../../domain/json.js';
import type { SafetyRating } from '../../domain/record.js';
import { oneLine } from '../../network/text.js';
import { asText } from '../json.js';

interface Words {
  message: string;
  hint?: string;
}

const OTHER_PICTURE = 'Another prompt may help; the picture itself may be what the model refuses.';
const HIGHER_LIMIT = 'Raise --max-output-tokens; thinking counts against it too.';
const LESS_BLOCKED =
  'With --safety relaxed or --safety off the service blocks less; another prompt may help too.';
const ANOTHER_TRY =
  'Try it again, or with another model (-m): what is taken for a recitation differs.';
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

/** Facts about the request that explain why an answer was stopped. */
export interface StopFacts {
  /** Whether the caller set a limit of tokens. */
  readonly isLimited?: boolean;
  /** Whether the model was asked to repeat text from the picture. */
  readonly isCopy?: boolean;
  /** Whether the caller asked the service to block nothing. */
  readonly isUnblocked?: boolean;
  /** `safetyRatings` of the answer, or of the prompt that was blocked. */
  readonly ratings?: readonly unknown[];
}

/** The error for a finish reason other than STOP. An unknown reason is shown by its name. */
export function stoppedAnswer(
  reason: string,
  detail: string,
  text: string,
  stop: StopFacts = {},
): GeminiImageError {
  const finishReason = oneLine(reason);
  const known = Object.hasOwn(finishReasons, reason) ? finishReasons[reason] : undefined;
  const words = known ?? {
    message: 'the model stopped before the answer was finished',
    hint: ANOTHER_PROMPT,
  };
  const safety = reason === 'SAFETY' ? blockingRating(stop.ratings) : undefined;
  const why = [finishReason, safety && inWords(safety), withoutStop(detail)].filter(Boolean);
  const facts: ErrorFacts = {
    kind: 'answer',
    message: `${words.message} (${why.join(': ')})`,
    hint: hintFor(reason, stop) ?? words.hint,
    safety,
    // OTHER without a text means "Model failed to generate content due to internal error".
    reason: reason === 'OTHER' && text === '' ? 'stopped without reason' : undefined,
    finishReason,
    partialText: reason === 'MAX_TOKENS' && text !== '' ? text : undefined,
  };
  return new GeminiImageError(facts);
}

function hintFor(reason: string, stop: StopFacts): string | undefined {
  if (reason === 'MAX_TOKENS' && stop.isLimited) return HIGHER_LIMIT;
  if (reason === 'RECITATION' && stop.isCopy) return ANOTHER_TRY;
  return reason === 'SAFETY' && !stop.isUnblocked ? LESS_BLOCKED : undefined;
}

/** The rating that explains the block: one marked as blocked, or else the most probable harm. */
function blockingRating(ratings: readonly unknown[] = []): SafetyRating | undefined {
  const read = ratings.filter(isObject).flatMap((rating) => {
    const category = asText(rating.category);
    const probability = asText(rating.probability) ?? 'HARM_PROBABILITY_UNSPECIFIED';
    const isBlocked = rating.blocked === true;
    const found = { category: oneLine(category ?? ''), probability: oneLine(probability) };
    return category === undefined ? [] : [{ ...found, isBlocked }];
  });
  const blocked = read.filter(({ isBlocked }) => isBlocked);
  const [worst] = (blocked.length > 0 ? blocked : read).toSorted(
    (one, other) => rank(other.probability) - rank(one.probability),
  );
  // An improbable harm that is not marked as blocked does not explain anything.
  if (!worst || (!worst.isBlocked && rank(worst.probability) < rank('LOW'))) return undefined;
  return { category: worst.category, probability: worst.probability };
}

const PROBABILITIES = ['NEGLIGIBLE', 'LOW', 'MEDIUM', 'HIGH'];

function rank(probability: string): number {
  return PROBABILITIES.indexOf(probability);
}

/** As in `sexually explicit, probability HIGH`. */
function inWords({ category, probability }: SafetyRating): string {
  const harm = category
    .replace(/^HARM_CATEGORY_/, '')
    .replaceAll('_', ' ')
    .toLowerCase();
  return `${harm}, probability ${probability}`;
}

/** The error if the prompt, or its picture, was blocked before the model saw it. */
export function blockedPrompt(
  reason: string | undefined,
  detail: string,
  stop: StopFacts = {},
): GeminiImageError {
  const known = reason && Object.hasOwn(blockReasons, reason) ? blockReasons[reason] : undefined;
  const why = reason && (known ?? 'a reason that is new');
  const safety = reason === 'SAFETY' ? blockingRating(stop.ratings) : undefined;
  const facts = [reason && oneLine(reason), safety && inWords(safety), withoutStop(detail)]
    .filter(Boolean)
    .join(': ');
  return new GeminiImageError({
    kind: 'answer',
    message: `the service blocked the request${why ? ` for ${why}` : ''} (${facts})`,
    hint: (reason && hintFor(reason, stop)) ?? OTHER_PICTURE,
    safety,
  });
}

function withoutStop(text: string): string {
  return text.replace(/\.$/, '');
}

import type { Brief, Conclusion, Validation } from '../../domain/brief.js';
import type { NamedPicture } from '../../domain/record.js';
import { readBox, toPixels } from '../detect/boxes.js';
import { verdictLine } from './checked.js';
import { claimsPrompt, claimsSchema } from './prompt.js';
import type { CheckResult, JudgedClaim } from './verdict.js';
import { type ClaimTally, majority, readVerdicts } from './verdicts.js';

/**
 * The brief that asks whether claims about a picture hold. Its answers become a `CheckResult`; as
 * text, there is one line per claim.
 *
 * @param claims at least one.
 * @param together whether one question is about several pictures at once.
 */
export function checkBrief(claims: readonly string[], { together }: { together: boolean }): Brief {
  return {
    rules: 'check',
    prompt: claimsPrompt(claims, together),
    schema: claimsSchema(claims.length, together),
    validate: (text) => validate(text, claims.length),
    conclude(texts, pictures) {
      // If the answer is about several pictures, a box does not say which of them it belongs to.
      const [picture] = together ? [] : pictures;
      return conclude(claims, texts, picture);
    },
  };
}

function validate(text: string, count: number): Validation {
  const read = readVerdicts(text, count);
  return read.ok ? { ok: true, text, data: read.votes } : read;
}

function conclude(
  claims: readonly string[],
  texts: readonly (string | undefined)[],
  picture: NamedPicture | undefined,
): Conclusion & { data: CheckResult } {
  const answers = texts.map((text) => {
    const read = text === undefined ? undefined : readVerdicts(text, claims.length);
    return read?.ok ? read.votes : [];
  });
  const verdicts = claims.map((claim, index) => {
    const tally = majority(answers.map((votes) => votes[index]));
    return judgedClaim(claim, tally, picture);
  });
  return { text: verdicts.map(verdictLine).join('\n'), data: { verdicts } };
}

function judgedClaim(
  claim: string,
  { verdict, evidence, box, votes }: ClaimTally,
  picture: NamedPicture | undefined,
): JudgedClaim {
  const normalized = readBox(box);
  return {
    claim,
    verdict,
    evidence,
    ...(picture && normalized && { box: toPixels(normalized, picture), normalized }),
    ...(votes && { votes }),
  };
}

import type { Brief, Conclusion, Judgement } from '../../domain/brief.js';
import type { NamedPicture } from '../../domain/record.js';
import { readBox } from '../detect/boxes.js';
import { toPixels } from '../detect/to-pixels.js';
import { verdictLine } from './lines.js';
import { type ClaimTally, majority } from './majority.js';
import { claimsPrompt, claimsSchema } from './prompt.js';
import type { CheckResult, JudgedClaim } from './verdict.js';
import { readVerdicts } from './verdicts.js';

/**
 * Asks whether claims about a picture hold. What its answers come to is a `CheckResult`, and as text
 * a line a claim.
 *
 * @param claims at least one.
 * @param together whether they are about several pictures in one question.
 */
export function checkBrief(claims: readonly string[], { together }: { together: boolean }): Brief {
  return {
    rules: 'check',
    prompt: claimsPrompt(claims, together),
    schema: claimsSchema(claims.length, together),
    judge: (text) => judge(text, claims.length),
    conclude(texts, pictures) {
      // A box in an answer about several pictures does not say which one it is in.
      const [picture] = together ? [] : pictures;
      return conclude(claims, texts, picture);
    },
  };
}

function judge(text: string, count: number): Judgement {
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

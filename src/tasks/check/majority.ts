import { VERDICTS, type Verdict } from './verdict.js';
import type { Vote } from './verdicts.js';

export type VerdictCounts = Readonly<Record<Verdict, number>>;

/** What the votes on one claim come to. */
export interface ClaimTally {
  verdict: Verdict;
  evidence: string;
  /** Of the vote that the evidence is of. */
  box?: unknown;
  /** Absent where only one vote was asked for. */
  votes?: VerdictCounts;
}

/**
 * A verdict wins with more than half of all votes that were asked for; where none does, the claim is
 * unclear, and the evidence says how the votes fell.
 *
 * @param votes undefined stands for one that was not given, and that counts for no verdict.
 */
export function majority(votes: readonly (Vote | undefined)[]): ClaimTally {
  const given = votes.filter((vote) => vote !== undefined);
  const counts = countOf(given);
  const counted = votes.length > 1 && { votes: counts };
  const winner = VERDICTS.find((verdict) => counts[verdict] > votes.length / 2);
  const first = given.find(({ verdict }) => verdict === winner);
  if (first) return { ...first, ...counted };
  return { verdict: 'unclear', evidence: disagreement(votes.length, given, counts), ...counted };
}

/** How often each verdict occurs. */
export function countOf(judged: readonly { readonly verdict: Verdict }[]): VerdictCounts {
  const counts = { holds: 0, fails: 0, unclear: 0 };
  for (const { verdict } of judged) counts[verdict] += 1;
  return counts;
}

/** `No majority of 5 votes: 2 hold (…), 2 fail (…), 1 without an answer`, with a reason for each. */
function disagreement(asked: number, given: readonly Vote[], counts: VerdictCounts): string {
  if (given.length === 0) return 'There was no answer.';
  const sides = VERDICTS.flatMap((verdict) => {
    const first = given.find((vote) => vote.verdict === verdict);
    return first ? [`${said(verdict, counts[verdict])} (${first.evidence})`] : [];
  });
  const silent = asked - given.length;
  if (silent > 0) sides.push(`${silent} without an answer`);
  return `No majority of ${asked} votes: ${sides.join(', ')}`;
}

function said(verdict: Verdict, count: number): string {
  const word = count === 1 ? verdict : IN_PLURAL[verdict];
  return `${count} ${word}`;
}

const IN_PLURAL = { holds: 'hold', fails: 'fail', unclear: 'unclear' } as const satisfies Record<
  Verdict,
  string
>;

import { isObject } from '../../domain/json.js';
import { parseJsonAnswer } from '../../schema/json-answer.js';
import { type CheckResult, VERDICTS, type Verdict } from './verdict.js';

/** What one answer says about one claim. */
export interface Vote {
  readonly verdict: Verdict;
  readonly evidence: string;
  /** `box_2d` as the model gave it: a nonsensical box does not spoil the verdict. */
  readonly box: unknown;
}

/** One vote per claim, in the order of the claims, or what is wrong with the answer. */
export type ReadVerdicts = { ok: true; votes: readonly Vote[] } | { ok: false; problem: string };

/** Enough to say what is wrong with an answer, in one readable line. */
const PROBLEMS_SHOWN = 5;

/**
 * Reads an answer that follows `claimsSchema`.
 *
 * @param count how many claims there are. Each must be judged exactly once, in any order.
 */
export function readVerdicts(text: string, count: number): ReadVerdicts {
  const answer = parseJsonAnswer(text);
  if (!answer.ok) return answer;
  const { value } = answer;
  if (!isObject(value) || !Array.isArray(value.verdicts)) {
    return { ok: false, problem: 'it is not an object with an array "verdicts"' };
  }
  const votes = new Map<number, Vote>();
  const problems: string[] = [];
  for (const item of value.verdicts) {
    const read = readVote(item, count);
    if (typeof read === 'string') problems.push(read);
    else if (votes.has(read.claim)) problems.push(`it judges claim ${read.claim} more than once`);
    else votes.set(read.claim, read.vote);
  }
  const claims = Array.from({ length: count }, (_, index) => index + 1);
  // Say that verdicts are missing only if nothing more precise is known.
  if (problems.length === 0) {
    const missing = claims.filter((claim) => !votes.has(claim));
    problems.push(...missing.map((claim) => `it does not judge claim ${claim}`));
  }
  if (problems.length > 0) return { ok: false, problem: listed(problems) };
  return { ok: true, votes: claims.flatMap((claim) => votes.get(claim) ?? []) };
}

function readVote(item: unknown, count: number): { claim: number; vote: Vote } | string {
  if (!isObject(item)) return 'it has a verdict that is not an object';
  const { claim, evidence, verdict, box_2d: box } = item;
  if (typeof claim !== 'number' || !Number.isInteger(claim) || claim < 1 || claim > count) {
    return `it has a verdict whose "claim" is not a whole number from 1 to ${count}`;
  }
  if (!isVerdict(verdict)) {
    return `its verdict on claim ${claim} is none of ${VERDICTS.join(', ')}`;
  }
  if (typeof evidence !== 'string' || evidence.trim() === '') {
    return `its evidence for claim ${claim} is not a sentence`;
  }
  return { claim, vote: { verdict, evidence, box } };
}

function listed(problems: readonly string[]): string {
  const more = problems.length - PROBLEMS_SHOWN;
  const shown = problems.slice(0, PROBLEMS_SHOWN).join('; ');
  return more > 0 ? `${shown}; and ${more} more` : shown;
}

function isVerdict(value: unknown): value is Verdict {
  return VERDICTS.some((verdict) => verdict === value);
}

export type VerdictCounts = Readonly<Record<Verdict, number>>;

/** The verdict of all votes on one claim. */
export interface ClaimTally {
  verdict: Verdict;
  evidence: string;
  /** The box of the vote whose evidence is used. */
  box?: unknown;
  /** Absent if only one vote was asked for. */
  votes?: VerdictCounts;
}

/**
 * A verdict wins with more than half of all votes that were asked for. If none wins, the claim is
 * unclear, and the evidence says how the votes were divided.
 *
 * @param votes undefined is a vote that got no answer; it counts for no verdict.
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

/**
 * `No majority of 5 votes: 2 hold (…), 2 fail (…), 1 without an answer`, with a reason for each.
 */
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

/** How many claims hold, fail and are unclear. */
export function countVerdicts(result: CheckResult): VerdictCounts {
  return countOf(result.verdicts);
}

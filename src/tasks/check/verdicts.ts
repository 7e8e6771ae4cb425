import { isObject } from '../../domain/json.js';
import { parseJsonAnswer } from '../../schema/json-answer.js';
import { VERDICTS, type Verdict } from './verdict.js';

/** What one answer says of one claim. */
export interface Vote {
  readonly verdict: Verdict;
  readonly evidence: string;
  /** `box_2d` as it came: a box that makes no sense does not spoil the verdict. */
  readonly box: unknown;
}

/** A vote a claim, in the order of the claims, or what is wrong with the answer. */
export type ReadVerdicts = { ok: true; votes: readonly Vote[] } | { ok: false; problem: string };

/** Enough to say what is wrong with an answer, in one line that can be read. */
const PROBLEMS_SHOWN = 5;

/**
 * Reads an answer of the shape of `claimsSchema`.
 *
 * @param count how many claims there are: each has to be judged exactly once, in whatever order.
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
  // What is wrong with a verdict says more than that there is no good one.
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

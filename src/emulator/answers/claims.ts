// Claims about pictures. The emulator cannot judge them; a test sets the verdict by a mark in the
// claim's wording.
import { MARK } from './sentences.js';

export const VERDICTS = ['holds', 'fails', 'unclear'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface ScriptedClaim {
  readonly id: number;
  readonly verdict: Verdict;
  readonly evidence: string;
}

const OPENING = /<claim id="(\d{1,9})">\n/g;
const CLOSING = '\n</claim>';

/** The claims in a prompt, `<claim id="1">`, the claim and `</claim>` on lines of their own. */
export function findClaims(prompt: string): ScriptedClaim[] {
  const claims = new Map<number, ScriptedClaim>();
  const openings = new RegExp(OPENING);
  for (let found = openings.exec(prompt); found !== null; found = openings.exec(prompt)) {
    // An empty claim closes with the line break that it opened with.
    const end = prompt.indexOf(CLOSING, openings.lastIndex - 1);
    if (end < 0) break;
    const id = Number(found[1]);
    const claim = prompt.slice(openings.lastIndex, end);
    if (!claims.has(id)) claims.set(id, script(id, claim));
    openings.lastIndex = end + CLOSING.length;
  }
  return [...claims.values()];
}

/** A claim that a schema asks for but that is not in the prompt. */
export function missingClaim(id: number): ScriptedClaim {
  return { id, verdict: 'unclear', evidence: `${MARK} The prompt has no such claim.` };
}

function script(id: number, claim: string): ScriptedClaim {
  const [, word] = /\[(holds|fails|unclear)\]/.exec(claim) ?? [];
  const verdict = VERDICTS.find((known) => known === word);
  if (verdict !== undefined) {
    return { id, verdict, evidence: `${MARK} The wording of the claim asks for [${verdict}].` };
  }
  const evidence =
    `${MARK} The emulator cannot judge claims; [holds], [fails] or [unclear] in a claim ` +
    'scripts its verdict.';
  return { id, verdict: 'unclear', evidence };
}

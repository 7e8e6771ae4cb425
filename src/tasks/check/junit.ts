import type { OwnMark } from '../../domain/own-mark.js';
import type { CaptionRecord, ErrorRecord } from '../../domain/record.js';
import { type XmlElement, xmlDocument } from '../../output/xml.js';
import { type Checked, checked } from './checked.js';
import type { CheckResult, JudgedClaim } from './verdict.js';

const NAME = 'gemini-image check';

export const junitMark: OwnMark = {
  what: 'a JUnit report of gemini-image',
  begins: new RegExp(`^\\s*(?:<\\?xml[^>]*>\\s*)?<testsuites\\s+name="${NAME}"`),
  answer: /<testsuite\s/g,
};

/**
 * A JUnit report: one suite per picture, one test case per claim. A claim that fails is a failure.
 * A claim that is unclear, or whose picture could not be judged, is an error. The report is written
 * at the end, because its totals come first.
 */
export function junitReport(claims: readonly string[]): {
  record(record: CaptionRecord<CheckResult>, tookMs?: number): string;
  end(reason?: Reason): string;
} {
  const suites: Suite[] = [];
  return {
    record(record, tookMs = 0) {
      suites.push(suiteOf(checked(record), claims, tookMs));
      return '';
    },
    end: (reason) => document(reason ? [...suites, cutShort(reason)] : suites),
  };
}

type Reason = Pick<ErrorRecord, 'kind' | 'message'>;

/**
 * An error for a run that ended early: the report lacks pictures and must not look like a success.
 */
function cutShort({ kind, message }: Reason): Suite {
  const error = { message, type: kind, text: `the run ended early: ${message}` };
  return { name: 'the run', seconds: 0, cases: [{ claim: 'every picture is judged', error }] };
}

interface Suite {
  name: string;
  seconds: number;
  cases: readonly Case[];
}

interface Case {
  claim: string;
  failure?: Details;
  error?: Details;
  output?: string;
}

interface Details {
  message: string;
  type: string;
  text: string;
}

function suiteOf(
  { images, ...outcome }: Checked,
  claims: readonly string[],
  tookMs: number,
): Suite {
  const name = images.join(', ');
  if (outcome.ok) {
    const { result, durationMs } = outcome;
    return { name, seconds: durationMs / 1000, cases: result.verdicts.map(judgedCase) };
  }
  const error = notJudged(outcome.error);
  return { name, seconds: tookMs / 1000, cases: claims.map((claim) => ({ claim, error })) };
}

function notJudged({ kind, message, hint }: ErrorRecord): Details {
  return { message, type: kind, text: hint === undefined ? message : `${message}\n${hint}` };
}

function judgedCase(judged: JudgedClaim): Case {
  const { claim, verdict, evidence } = judged;
  const details = { message: evidence, type: verdict, text: evidence };
  const notes = notesOf(judged);
  return {
    claim,
    ...(verdict === 'fails' && { failure: details }),
    ...(verdict === 'unclear' && { error: details }),
    ...(notes.length > 0 && { output: notes.join('\n') }),
  };
}

/**
 * Facts that have no element of their own in JUnit. Readers show them as the output of the test.
 */
function notesOf({ verdict, evidence, box, votes }: JudgedClaim): string[] {
  return [
    ...(verdict === 'holds' ? [evidence] : []),
    ...(box ? [`box: x=${box.x} y=${box.y} width=${box.width} height=${box.height}`] : []),
    ...(votes ? [`votes: holds=${votes.holds} fails=${votes.fails} unclear=${votes.unclear}`] : []),
  ];
}

function document(suites: readonly Suite[]): string {
  const cases = suites.flatMap((suite) => suite.cases);
  const seconds = suites.reduce((sum, suite) => sum + suite.seconds, 0);
  return xmlDocument({
    name: 'testsuites',
    attributes: { name: NAME, ...totals(cases), time: decimal(seconds) },
    content: suites.map(suiteElement),
  });
}

function suiteElement({ name, seconds, cases }: Suite): XmlElement {
  return {
    name: 'testsuite',
    attributes: { name, ...totals(cases), skipped: 0, time: decimal(seconds) },
    // One call judges all claims; each case gets an equal part of its time, so that the sum is
    // right.
    content: cases.map((one) => caseElement(one, name, seconds / cases.length)),
  };
}

function caseElement(
  { claim, failure, error, output }: Case,
  suite: string,
  seconds: number,
): XmlElement {
  return {
    name: 'testcase',
    attributes: { classname: suite, name: claim, time: decimal(seconds) },
    content: [
      ...(failure ? [detailsElement('failure', failure)] : []),
      ...(error ? [detailsElement('error', error)] : []),
      ...(output === undefined ? [] : [{ name: 'system-out', attributes: {}, content: output }]),
    ],
  };
}

function detailsElement(name: string, { message, type, text }: Details): XmlElement {
  return { name, attributes: { message, type }, content: text };
}

function totals(cases: readonly Case[]) {
  return {
    tests: cases.length,
    failures: cases.filter(({ failure }) => failure).length,
    errors: cases.filter(({ error }) => error).length,
  };
}

function decimal(seconds: number): string {
  return seconds.toFixed(3);
}

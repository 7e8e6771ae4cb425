import { createRequire } from 'node:module';
import type { OwnMark } from '../../domain/own-mark.js';
import type { CaptionRecord, ErrorRecord } from '../../domain/record.js';
import { type Checked, checked } from './checked.js';
import type { CheckResult, JudgedClaim } from './verdict.js';

const NAME = 'gemini-image check';

export const junitMark: OwnMark = {
  what: 'a JUnit report of gemini-image',
  begins: new RegExp(`^\\s*(?:<\\?xml[^>]*>\\s*)?<testsuites\\s+name="${NAME}"`),
  answer: /<testsuite\s/g,
};

/**
 * A report in the shape that JUnit's readers share: a suite a picture, a test case a claim. A claim
 * that fails is a failure; one that is unclear, or whose picture could not be judged, is an error.
 * Since the totals come first, it is written at the end.
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

/** Of pictures that were not reached there is nothing, and a report must not look as if all is well. */
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

/** What has no place of its own in JUnit's shape; every reader takes it as the output of the test. */
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
    testsuites: {
      '@_name': NAME,
      ...totals(cases),
      '@_time': decimal(seconds),
      testsuite: suites.map(suiteElement),
    },
  });
}

function suiteElement({ name, seconds, cases }: Suite) {
  return {
    '@_name': name,
    ...totals(cases),
    '@_skipped': 0,
    '@_time': decimal(seconds),
    // All claims are judged by one call: each is given its part, so that sums come out right.
    testcase: cases.map((one) => caseElement(one, name, seconds / cases.length)),
  };
}

function caseElement({ claim, failure, error, output }: Case, name: string, seconds: number) {
  return {
    '@_classname': name,
    '@_name': claim,
    '@_time': decimal(seconds),
    ...(failure && { failure: detailsElement(failure) }),
    ...(error && { error: detailsElement(error) }),
    ...(output !== undefined && { 'system-out': output }),
  };
}

function detailsElement({ message, type, text }: Details) {
  return { '@_message': message, '@_type': type, '#text': text };
}

function totals(cases: readonly Case[]) {
  return {
    '@_tests': cases.length,
    '@_failures': cases.filter(({ failure }) => failure).length,
    '@_errors': cases.filter(({ error }) => error).length,
  };
}

function decimal(seconds: number): string {
  return seconds.toFixed(3);
}

/**
 * An XML 1.0 document. In `root`, a key that begins with `@_` is an attribute, `#text` is the text
 * of its element, and every other key is an element, or several of them where it holds an array.
 * Text is read back as it is, except that what XML forbids is U+FFFD.
 */
function xmlDocument(root: object): string {
  // Loaded here, since who asks for another format should not wait for it.
  const require = createRequire(import.meta.url);
  const { default: XmlBuilder }: typeof import('fast-xml-builder') = require('fast-xml-builder');
  const builder = new XmlBuilder({
    format: true,
    ignoreAttributes: false,
    suppressEmptyNode: true,
    // An attribute whose value is "true" would lose it, and the document its form.
    suppressBooleanAttributes: false,
    // Escaped here, since it leaves line breaks as they are, and readers change those.
    processEntities: false,
    attributeValueProcessor: (_, value) => escapedAttribute(String(value)),
    tagValueProcessor: (_, value) => escapedText(String(value)),
  });
  return builder.build({ '?xml': { '@_version': '1.0', '@_encoding': 'UTF-8' }, ...root });
}

/** A reader takes a carriage return for a line feed, and any white space in an attribute for a blank. */
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

function escapedText(text: string): string {
  return permitted(text).replace(/[&<>\r]/g, (char) => ESCAPES[char] ?? char);
}

function escapedAttribute(text: string): string {
  return permitted(text).replace(/[&<>"\t\n\r]/g, (char) => ESCAPES[char] ?? char);
}

/** Control characters, halves of surrogate pairs, U+FFFE and U+FFFF are in no XML 1.0 document. */
const FORBIDDEN = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

function permitted(text: string): string {
  return text.replace(FORBIDDEN, '\uFFFD');
}

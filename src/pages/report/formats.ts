import { safeLine } from '../../output/safe-text.js';
import { shortTitle, workflowCommand } from '../../output/workflow-commands.js';
import { type XmlElement, xmlDocument } from '../../output/xml.js';
import type { CheckedPage, Finding, ReportFormat, Unread } from './finding.js';
import { sarif } from './sarif.js';

/** `file:line:column: rule: sentence`, a line each; editors and terminals make links of them. */
function text(): ReportFormat {
  return {
    page: ({ findings }) =>
      findings
        .map(({ file, line, column, rule, message, better }) => {
          const head = `${file}:${line}:${column}: ${rule}: ${message}`;
          return `${safeLine(better === undefined ? head : `${head} → ${better}`)}\n`;
        })
        .join(''),
    unread: () => '',
    end: () => '',
  };
}

/** One object with the findings, and the pages that could not be read. */
function json(): ReportFormat {
  const findings: Finding[] = [];
  const unread: object[] = [];
  const counts = { pages: 0, images: 0 };
  return {
    page(page) {
      counts.pages += 1;
      counts.images += page.images;
      findings.push(...page.findings);
      return '';
    },
    unread({ file, error }) {
      unread.push({ file, kind: error.kind, message: error.message });
      return '';
    },
    end: (why) =>
      `${JSON.stringify({ ...counts, findings, unread, ...(why && { endedEarly: why }) }, null, 2)}\n`,
  };
}

/** Annotations of GitHub Actions: an error for what decides the exit code, a warning for the rest. */
function github(): ReportFormat {
  return {
    page: ({ findings }) => findings.map(annotation).join(''),
    unread: ({ file, error }) =>
      workflowCommand('error', { file }, `${error.kind}: ${error.message}`),
    end: (why) =>
      why ? workflowCommand('error', {}, `the run ended early: ${why.kind}: ${why.message}`) : '',
  };
}

function annotation(finding: Finding): string {
  const { file, line, column, endLine, endColumn, rule, isError, message, better } = finding;
  const title = shortTitle(`alt text: ${rule}`);
  // GitHub shows columns only within one line.
  const columns = line === endLine ? { col: String(column), endColumn: String(endColumn) } : {};
  const place = { file, line: String(line), endLine: String(endLine), ...columns, title };
  return workflowCommand(isError ? 'error' : 'warning', place, withBetter(message, better));
}

function withBetter(message: string, better: string | undefined): string {
  return better === undefined ? message : `${message}\nBetter: ${better}`;
}

const JUNIT_NAME = 'gemini-image alt';

/** A JUnit report: a suite a page, a failure a finding. A page without findings has one good case. */
function junit(): ReportFormat {
  const suites: XmlElement[] = [];
  const totals = { tests: 0, failures: 0, errors: 0 };
  const add = (name: string, cases: readonly XmlElement[], failures: number, errors: number) => {
    const tests = cases.length;
    totals.tests += tests;
    totals.failures += failures;
    totals.errors += errors;
    const attributes = { name, tests, failures, errors, skipped: 0 };
    suites.push({ name: 'testsuite', attributes, content: cases });
  };
  return {
    page({ file, findings }) {
      const failures = findings.filter(({ isError }) => isError).length;
      add(file, findings.length === 0 ? [goodCase(file)] : findings.map(caseOf), failures, 0);
      return '';
    },
    unread({ file, error }) {
      add(file, [errorCase(file, 'the page can be read', error)], 0, 1);
      return '';
    },
    end(why) {
      if (why) add('the run', [errorCase('the run', 'every page is looked at', why)], 0, 1);
      return xmlDocument({
        name: 'testsuites',
        attributes: { name: JUNIT_NAME, ...totals },
        content: suites,
      });
    },
  };
}

function goodCase(file: string): XmlElement {
  const attributes = { classname: file, name: 'alternative texts' };
  return { name: 'testcase', attributes, content: '' };
}

function caseOf({ file, line, column, rule, form, isError, message, better }: Finding): XmlElement {
  const details = withBetter(`${file}:${line}:${column}: ${message}`, better);
  return {
    name: 'testcase',
    attributes: { classname: file, name: `${form} at ${line}:${column}` },
    content: [
      isError
        ? { name: 'failure', attributes: { message, type: rule }, content: details }
        : { name: 'system-out', attributes: {}, content: details },
    ],
  };
}

function errorCase(
  classname: string,
  name: string,
  { kind, message }: { kind: string; message: string },
): XmlElement {
  const error = { name: 'error', attributes: { message, type: kind }, content: message };
  return { name: 'testcase', attributes: { classname, name }, content: [error] };
}

/** `--format` of `alt --check` and `alt --audit`. */
export const reportFormats = { text, json, github, junit, sarif } as const satisfies Record<
  string,
  () => ReportFormat
>;

export type ReportFormatName = keyof typeof reportFormats;

/** A format that shows pages under other names. */
export function withFileNames(
  format: ReportFormat,
  rename: (file: string) => string,
): ReportFormat {
  return {
    page: ({ file, images, findings }: CheckedPage) =>
      format.page({
        file: rename(file),
        images,
        findings: findings.map((one) => ({ ...one, file: rename(one.file) })),
      }),
    unread: ({ file, error }: Unread) => format.unread({ file: rename(file), error }),
    end: (why) => format.end(why),
  };
}

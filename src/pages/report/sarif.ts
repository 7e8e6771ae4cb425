import { createHash } from 'node:crypto';
import { version } from '../../domain/version.js';
import type { Finding, ReportFormat } from './finding.js';

/** What each rule says, for readers of a report. */
const RULES: Readonly<Record<Finding['rule'], string>> = {
  missing: 'An image has no alternative text.',
  empty: 'An image is marked as decorative.',
  placeholder: 'The alternative text of an image says nothing of it.',
  duplicate: 'The alternative text of an image repeats what stands beside it.',
  long: 'The alternative text of an image is too long.',
  present: 'An image has an alternative text.',
  fails: 'The alternative text of an image is wrong or not enough, by a model.',
  unclear: 'A model cannot tell whether the alternative text of an image is right.',
};

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

/**
 * A log in SARIF 2.1.0, as code scanning reads it.
 *
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function sarif(): ReportFormat {
  const results: object[] = [];
  const notifications: object[] = [];
  const notify = (text: string, uri?: string) => {
    const locations =
      uri === undefined ? [] : [{ physicalLocation: { artifactLocation: { uri } } }];
    notifications.push({ level: 'error', message: { text }, locations });
  };
  return {
    page({ findings }) {
      results.push(...findings.map(resultOf));
      return '';
    },
    unread({ file, error }) {
      notify(`${file}: ${error.message}`, uriOf(file));
      return '';
    },
    end(why) {
      if (why) notify(`the run ended early: ${why.kind}: ${why.message}`);
      const rules = Object.entries(RULES).map(([id, text]) => ({
        id: `alt/${id}`,
        shortDescription: { text },
      }));
      const driver = { name: 'gemini-image', version, rules };
      const invocation = {
        executionSuccessful: notifications.length === 0,
        toolExecutionNotifications: notifications,
      };
      const run = {
        tool: { driver },
        columnKind: 'utf16CodeUnits',
        invocations: [invocation],
        results,
      };
      return `${JSON.stringify({ $schema: SCHEMA, version: '2.1.0', runs: [run] }, null, 2)}\n`;
    },
  };
}

function resultOf(finding: Finding): object {
  const { file, line, column, endLine, endColumn, rule, isError, message, better } = finding;
  const { form, image = '', alt = '' } = finding;
  const region = { startLine: line, startColumn: column, endLine, endColumn };
  // The line is no part of it: what moves stays the same finding.
  const print = createHash('sha256').update(JSON.stringify([file, rule, form, image, alt]));
  return {
    ruleId: `alt/${rule}`,
    level: isError ? 'error' : 'warning',
    message: { text: better === undefined ? message : `${message}. Better: ${better}` },
    locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(file) }, region } }],
    partialFingerprints: { 'image/v1': print.digest('hex').slice(0, 32) },
  };
}

/** A path as a relative address. */
function uriOf(file: string): string {
  return file.split('/').map(encodeURIComponent).join('/');
}

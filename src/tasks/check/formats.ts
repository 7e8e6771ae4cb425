import type { OwnMark } from '../../domain/own-mark.js';
import type { CaptionRecord } from '../../domain/record.js';
import { type Formatter, silent } from '../../output/formats.js';
import { jsonFormat, jsonlFormat, jsonMark } from '../../output/json-values.js';
import { oneColumn } from '../../output/safe-text.js';
import { checked, spokenVerdict } from './checked.js';
import { annotations, endedEarly } from './github.js';
import { junitMark, junitReport } from './junit.js';
import type { CheckResult } from './verdict.js';

/** What a run of `check` is about. */
export interface CheckRun {
  /** Whether there may be more than one record. */
  several: boolean;
  /** The claims that each record judges. */
  claims: readonly string[];
}

export interface VerdictFormat {
  mark?: OwnMark;
  create(run: CheckRun): Formatter<CheckResult>;
}

/** Recognizes the reports that `check` wrote itself, which may be replaced. */
const VERDICTS: OwnMark = {
  ...jsonMark,
  what: 'a report of gemini-image check',
  needs: /(?<!\\)"verdicts":\s*\[/g,
};

/** `--format` of `check`. */
export const verdictFormats = {
  text: {
    create: ({ several }) => ({ ...silent, record: (record) => textLines(record, several) }),
  },
  json: {
    create: ({ several }) => jsonFormat.create(several),
    mark: VERDICTS,
  },
  jsonl: {
    create: () => jsonlFormat.create(),
    mark: VERDICTS,
  },
  junit: {
    create: ({ claims }) => ({ ...silent, ...junitReport(claims) }),
    mark: junitMark,
  },
  github: {
    create: () => ({
      ...silent,
      record: annotations,
      end: (reason) => (reason ? endedEarly(reason) : ''),
    }),
  },
} as const satisfies Record<string, VerdictFormat>;

export type VerdictFormatName = keyof typeof verdictFormats;

/** One line per verdict; with several pictures, each line begins with the picture's name. */
function textLines(record: CaptionRecord<CheckResult>, several: boolean): string {
  const outcome = checked(record);
  if (!outcome.ok) return '';
  const head = several && 'image' in record ? `${oneColumn(record.image)}\t` : '';
  return outcome.result.verdicts.map((judged) => `${head}${spokenVerdict(judged)}\n`).join('');
}

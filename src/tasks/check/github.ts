import type { CaptionRecord, ErrorRecord } from '../../domain/record.js';
import { count } from '../../output/quantities.js';
import { safeText } from '../../output/safe-text.js';
import {
  type CommandProperties,
  shortTitle,
  workflowCommand,
} from '../../output/workflow-commands.js';
import { checked, oneLine, VERDICT_MARKS } from './checked.js';
import type { CheckResult, JudgedClaim, Verdict } from './verdict.js';

/**
 * A record as workflow commands of GitHub Actions: an error for each claim that fails and for a
 * picture that could not be judged, a warning for each unclear claim, nothing for one that holds.
 */
export function annotations(record: CaptionRecord<CheckResult>): string {
  const { images, ...outcome } = checked(record);
  const [image, ...others] = images;
  // An annotation needs a file of the repository. Without one, the message names the picture.
  const isFile = others.length === 0 && image !== '-' && !/^https?:/i.test(image ?? '');
  const file = isFile ? { file: image } : {};
  const head = isFile ? '' : `${images.join(', ')}: `;
  if (!outcome.ok) {
    const { kind, message } = outcome.error;
    return workflowCommand('error', file, `${head}${kind}: ${message}`);
  }
  return outcome.result.verdicts.map((judged) => annotation(judged, file, head)).join('');
}

/** An annotation that says why pictures are missing. */
export function endedEarly({ kind, message }: Pick<ErrorRecord, 'kind' | 'message'>): string {
  return workflowCommand('error', {}, `the run ended early: ${kind}: ${message}`);
}

function annotation(
  { verdict, claim, evidence }: JudgedClaim,
  file: CommandProperties,
  head: string,
) {
  if (verdict === 'holds') return '';
  const level = verdict === 'fails' ? 'error' : 'warning';
  const title = shortTitle(`${verdict}: ${oneLine(claim)}`);
  return workflowCommand(level, { ...file, title }, `${head}${evidence}`);
}

/** GitHub takes 1 MiB per step, and shows nothing of a longer summary. */
export const MOST_BYTES = 1024 * 1024;
/** Bytes kept free for the lines around the rows. */
const FRAME_BYTES = 1024;

/** Collects results of `check` for the file that `GITHUB_STEP_SUMMARY` names. */
interface StepSummary {
  add(record: CaptionRecord<CheckResult>): void;
  /** Returns the Markdown to append to the file. */
  render(): string;
}

/**
 * A table of pictures, claims and verdicts. Rows that no longer fit are counted and left out.
 *
 * @param limit how many bytes the file may still take.
 */
export function stepSummary(limit = MOST_BYTES): StepSummary {
  const counts: Record<Verdict, number> = { holds: 0, fails: 0, unclear: 0 };
  const rows: string[] = [];
  let room = limit - FRAME_BYTES;
  let left = 0;
  let failed = 0;
  const addRow = (...cells: string[]) => {
    // Once a row does not fit, all later rows are left out too, so that the table has no gaps.
    if (left === 0) {
      const row = `| ${cells.map(cell).join(' | ')} |\n`;
      room -= Buffer.byteLength(row);
      if (room >= 0) {
        rows.push(row);
        return;
      }
    }
    left += 1;
  };
  return {
    add(record) {
      const { images, ...outcome } = checked(record);
      const name = images.join(', ');
      if (!outcome.ok) {
        failed += 1;
        const { kind, message } = outcome.error;
        addRow(name, '', 'not judged', `${kind}: ${message}`);
        return;
      }
      for (const { claim, verdict, evidence } of outcome.result.verdicts) {
        counts[verdict] += 1;
        addRow(name, claim, `${VERDICT_MARKS[verdict]} ${verdict}`, evidence);
      }
    },
    render: () => [heading(counts, failed), ...rows, omission(left)].join(''),
  };
}

/** Begins with a newline, since the file may not end with one. */
function heading({ holds, fails, unclear }: Record<Verdict, number>, failed: number): string {
  const sum = [`${count(holds)} ✓`, `${count(fails)} ✗`, `${count(unclear)} ?`];
  if (failed > 0) sum.push(`${count(failed)} not judged`);
  return [
    '',
    '### gemini-image check',
    '',
    sum.join(' · '),
    '',
    '| picture | claim | verdict | evidence |',
    '| --- | --- | --- | --- |',
    '',
  ].join('\n');
}

function omission(left: number): string {
  if (left === 0) return '';
  return `\n${count(left)} more ${left === 1 ? 'row is' : 'rows are'} left out.\n`;
}

/**
 * A text on one line, with all punctuation as character references. These are never markup, so the
 * text cannot begin a cell, code, a link, a picture or HTML.
 */
function cell(text: string): string {
  return safeText(oneLine(text)).replace(/[!-/:-@[-`{-~]/g, (char) => `&#${char.charCodeAt(0)};`);
}

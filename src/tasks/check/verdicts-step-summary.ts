import type { CaptionRecord } from '../../domain/record.js';
import { count } from '../../output/quantities.js';
import { safeText } from '../../output/safe-text.js';
import { checked } from './checked.js';
import { oneLine, VERDICT_MARKS } from './lines.js';
import type { CheckResult, Verdict } from './verdict.js';

/** GitHub takes 1 MiB a step, and shows nothing of a longer summary. */
export const MOST_BYTES = 1024 * 1024;
/** Kept for the lines around the rows. */
const FRAME_BYTES = 1024;

/** Collects what a run of `check` finds for the file that `GITHUB_STEP_SUMMARY` names. */
export interface StepSummary {
  add(record: CaptionRecord<CheckResult>): void;
  /** Markdown to append to the file. */
  render(): string;
}

/**
 * A table of pictures, claims and verdicts. Rows that no longer fit are counted and left out.
 *
 * @param limit bytes that the file may still take.
 */
export function stepSummary(limit = MOST_BYTES): StepSummary {
  const counts: Record<Verdict, number> = { holds: 0, fails: 0, unclear: 0 };
  const rows: string[] = [];
  let room = limit - FRAME_BYTES;
  let left = 0;
  let failed = 0;
  const addRow = (...cells: string[]) => {
    // Once a row does not fit, none that follows is shown: the table is cut, not thinned.
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

/** It begins on a line of its own, whatever the file ends with. */
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
 * A text on one line with all punctuation as character references, which never stand for markup: it
 * can open no cell, code, link, picture or HTML.
 */
function cell(text: string): string {
  return safeText(oneLine(text)).replace(/[!-/:-@[-`{-~]/g, (char) => `&#${char.charCodeAt(0)};`);
}

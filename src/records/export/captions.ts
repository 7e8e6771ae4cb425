import { oneColumn } from '../../output/safe-text.js';
import type { AnsweredRow } from '../rows/picture-row.js';
import type { ExportPlan } from './export-format.js';

/** A text about a picture, for those who train models and for people. */
export interface Caption {
  /** What its answer is called. */
  name: string;
  text: string;
}

/**
 * The captions of a row: its answers, or the columns that are named, each as a line with what comes
 * before and after it. The entries of a list stand between commas.
 */
export function captionsIn({ columns, options }: ExportPlan): (row: AnsweredRow) => Caption[] {
  const { columns: names, prefix, suffix } = options;
  const chosen = names ? columns.named(names) : columns.texts();
  return (row) =>
    chosen.flatMap((column) => {
      const text = lineOf(column.of(row));
      return text === '' ? [] : [{ name: column.name, text: `${prefix}${text}${suffix}` }];
    });
}

/** How many names there can be. */
export function captionNames({ columns, options }: ExportPlan): string[] {
  const { columns: names } = options;
  return (names ? columns.named(names) : columns.texts()).map(({ name }) => name);
}

function lineOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = Array.isArray(value) ? value.map(textual).join(', ') : textual(value);
  return oneColumn(text).trim();
}

function textual(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

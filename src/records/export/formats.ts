import type { ExportFormat } from './export-format.js';
import { json } from './json-formats.js';
import { csv, tsv } from './table-formats.js';

/** `--to`: what a ledger can be exported to. */
export const exportFormats = {
  csv,
  tsv,
  json,
} as const satisfies Record<string, ExportFormat>;

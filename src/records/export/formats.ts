import { coco, labelStudio } from './annotation-formats.js';
import { metadataJsonl, text } from './caption-formats.js';
import type { ExportFormat } from './export-format.js';
import { json } from './json-formats.js';
import { parquet } from './parquet.js';
import { sidecar } from './sidecars.js';
import { csv, tsv } from './table-formats.js';
import { webdataset } from './webdataset.js';
import { yolo } from './yolo.js';

/** `--to`: what a ledger can be exported to. */
export const exportFormats = {
  csv,
  tsv,
  json,
  text,
  'metadata-jsonl': metadataJsonl,
  parquet,
  sidecar,
  webdataset,
  coco,
  yolo,
  'label-studio': labelStudio,
} as const satisfies Record<string, ExportFormat>;

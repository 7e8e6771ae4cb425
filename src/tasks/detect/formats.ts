import type { Detection } from '../../domain/box.js';
import { type OutputFormat, outputFormats } from '../../output/formats.js';
import { coco, cocoMark } from './coco.js';
import { boxLines } from './text.js';

/** `--format` of `detect`: how boxes look on stdout or in a file. */
export const detectionFormats = {
  text: { create: boxLines },
  json: outputFormats.json,
  jsonl: outputFormats.jsonl,
  coco: { create: () => coco(), mark: cocoMark },
} as const satisfies Record<string, OutputFormat<Detection>>;

export type DetectionFormatName = keyof typeof detectionFormats;

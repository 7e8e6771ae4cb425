/** Ledgers that are exported, by the built command. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from './files.js';
import { runInProcess } from './in-process.js';
import { lineOf, okRecord } from './ledgers.js';

/** A record of a style, asked alone. */
export function styled(image: string, style: string, text: string, more: object = {}) {
  const asked = { style, prompt: `Write ${style}` };
  return { ...okRecord(image, { text, request: style, asked }), ...more };
}

/** A record of `--fields`. */
export function withFields(image: string, data: object, more: object = {}) {
  const asked = { prompt: 'Fill in the fields', schema: 'f' };
  return { ...okRecord(image, { text: JSON.stringify(data), request: 'f', asked }), data, ...more };
}

/** A record of `detect`, with boxes by their label and their `normalized` place. */
export function found(image: string, boxes: readonly [string, ...number[]][], more: object = {}) {
  const record = okRecord(image, { text: '', request: 'd', asked: { prompt: 'Detect' } });
  const { width = 4, height = 3 } = record;
  const data = {
    boxes: boxes.map(([label, top = 0, left = 0, bottom = 0, right = 0]) => ({
      label,
      box: {
        x: (left / 1000) * width,
        y: (top / 1000) * height,
        width: ((right - left) / 1000) * width,
        height: ((bottom - top) / 1000) * height,
      },
      normalized: [top, left, bottom, right],
    })),
    dropped: 0,
  };
  return { ...record, data, ...more };
}

/** A folder with the ledger `a.jsonl` and other files, and what exports it there. */
export function ledgerOf(
  records: readonly object[],
  files: Readonly<Record<string, string | Buffer>> = {},
) {
  const cwd = temporaryFolder();
  const write = (name: string, content: string | Buffer) => {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), content);
  };
  for (const [name, content] of Object.entries(files)) write(name, content);
  write('a.jsonl', records.map(lineOf).join(''));
  return {
    cwd,
    write,
    path: (name: string) => join(cwd, name),
    run: (...args: string[]) => runInProcess(['export', 'a.jsonl', ...args], { cwd }),
  };
}

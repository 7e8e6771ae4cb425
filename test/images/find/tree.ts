import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type FindInputs,
  type FindOptions,
  type Found,
  findImages,
} from '../../../src/images/find/find-images.js';
import { temporaryFolder } from '../../support/files.js';

/** A temporary folder with these files, each with a few bytes of text in it. */
export function tree(...files: string[]): string {
  const root = temporaryFolder();
  plant(root, ...files);
  return root;
}

export function plant(root: string, ...files: string[]): void {
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), 'some words');
  }
}

/** Everything that is found below a folder, as lines without the folder's own path. */
export async function find(
  root: string,
  inputs: readonly string[] | FindInputs,
  options: Partial<FindOptions> = {},
): Promise<string[]> {
  const all = 'images' in inputs ? inputs : { images: inputs };
  const lines: string[] = [];
  for await (const found of findImages(
    { ...all, images: all.images.map((name) => name.replace('ROOT', root)) },
    { recursive: false, ...options },
  )) {
    lines.push(line(found).replaceAll(root, 'ROOT'));
  }
  return lines;
}

/** `name` for a file; `kind: name` or `name: message` for others. */
export function line(found: Found): string {
  if (found.kind === 'failed') return `${found.id}: ${found.error.message}`;
  return found.kind === 'file' ? found.id : `${found.kind}: ${found.id}`;
}

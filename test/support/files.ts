/** Folders and pictures for tests. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** The path of a fixture. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
}

export function fixtureBytes(name: string): Buffer {
  return readFileSync(fixture(name));
}

/** A folder for one test, with copies of fixtures: `{ 'a.png': 'small.png' }`. */
export function temporaryFolder(copies: Record<string, string> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'gemini-image-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, source] of Object.entries(copies)) {
    copyFileSync(fixture(source), join(folder, name));
  }
  return folder;
}

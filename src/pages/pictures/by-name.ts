import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isForeign, isHidden } from '../../images/find/glob.js';

const byFolder = new Map<string, ReadonlyMap<string, string>>();

/** The file of a name anywhere in a folder, as wikis look for it. */
export function pictureNamed(folder: string, path: string): string | undefined {
  const known = byFolder.get(folder) ?? filesIn(folder);
  byFolder.set(folder, known);
  return known.get(basename(path).toLowerCase());
}

function filesIn(folder: string): Map<string, string> {
  const files = new Map<string, string>();
  const folders = [folder];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const path = join(at, entry.name);
      if (isHidden(entry.name) || isForeign(entry.name)) continue;
      if (entry.isDirectory()) folders.push(path);
      const name = entry.name.toLowerCase();
      if (entry.isFile() && !files.has(name)) files.set(name, path);
    }
  }
  return files;
}

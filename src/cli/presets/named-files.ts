// Files that a file of settings names, such as `@prompts/alt.txt`: their paths begin at its folder. Those of a
// project lie in it, so that a stranger's settings read nothing of the user's.
import { realpath } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import { SETTABLE, type Settable } from '../../commands/flags/settable.js';
import { type GeminiImageError, usageError } from '../../domain/error.js';
import { fileOfFlag, schemaFileOf } from '../../run/text-flag.js';
import { isInside } from './find-files.js';
import { type SettingsFile, shownPath } from './read-file.js';

interface Named {
  file: SettingsFile;
  /** `file:line:column` of the value. */
  place: string;
}

/**
 * The words of a setting as the command line would have them, with paths that begin at the working
 * folder.
 *
 * @throws GeminiImageError of kind `usage` if it names a file that it may not read.
 */
export async function withFilesOf(name: string, value: unknown, named: Named): Promise<string[]> {
  const values = Array.isArray(value) ? value : [value];
  const { names } = SETTABLE[name] ?? {};
  return Promise.all(
    values.map((one) => {
      if (typeof one === 'object') return JSON.stringify(one);
      const word = String(one);
      return names === undefined ? word : READERS[names](word, (path) => pathIn(path, name, named));
    }),
  );
}

type Place = (path: string) => Promise<string>;

async function textOrFile(word: string, place: Place): Promise<string> {
  const path = fileOfFlag(word);
  return path === undefined ? word : `@${await place(path)}`;
}

const READERS: Readonly<
  Record<NonNullable<Settable['names']>, (word: string, place: Place) => Promise<string>>
> = {
  text: textOrFile,
  /** The prompt of a style goes to the end of its word. */
  async style(word, place) {
    const [, before = '', prompt] = /^([^=]*=)(.*)$/s.exec(word) ?? [];
    return prompt === undefined ? word : `${before}${await textOrFile(prompt, place)}`;
  },
  file: (word, place) => place(word),
  folder: (word, place) => place(word),
  async schema(word, place) {
    const path = schemaFileOf(word);
    return path === undefined ? word : place(path);
  },
};

async function pathIn(path: string, name: string, { file, place }: Named): Promise<string> {
  if (path === '' || path === '-') {
    throw usageError(
      `${place}: ${name} has to name a file`,
      'Standard input can be read on the command line only.',
    );
  }
  const absolute = resolve(dirname(file.path), path);
  if (file.whose === 'project') await expectOfProject(absolute, name, { file, place });
  const shown = shownPath(absolute);
  // Some first signs mean something else than a path.
  return /^[-@{[]/.test(shown) ? `.${sep}${shown}` : shown;
}

async function expectOfProject(path: string, name: string, { file, place }: Named): Promise<void> {
  const root = await realpath(file.root);
  // A file that is not there is missed where it is read.
  const target = await realpath(path).catch(() => undefined);
  const shown = shownPath(path);
  const refused = (why: string): GeminiImageError =>
    usageError(
      `${place}: ${name} may not read ${shown}: ${why}`,
      "A project's file reads texts of its own project only; name others on the command line.",
    );
  if (!isInside(path, file.root) || (target !== undefined && !isInside(target, root))) {
    throw refused('it lies outside of the project');
  }
  const steps = [
    relative(file.root, path),
    ...(target === undefined ? [] : [relative(root, target)]),
  ];
  if (steps.some(isHidden))
    throw refused('it is hidden, and may hold secrets, as .env and .git do');
}

function isHidden(path: string): boolean {
  return path.split(sep).some((step) => step.startsWith('.') && step !== '.');
}

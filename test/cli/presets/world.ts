/** A project in a repository, with a home elsewhere, in which the built command runs. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fixture, temporaryFolder } from '../../support/files.js';
import { runInProcess } from '../../support/in-process.js';

export interface World {
  project: string;
  home: string;
  /** Writes a file below the project; what is no text becomes JSON. */
  write(name: string, content: unknown): void;
  /** Writes the file of settings of the project. */
  settings(content: unknown): void;
  /** Writes the user's own. */
  own(content: unknown): void;
  run(args: readonly string[], options?: RunIn): ReturnType<typeof runInProcess>;
  /** What `config describe` (or another command) says of each setting: its value and source. */
  holding(args: readonly string[], options?: RunIn): Promise<Record<string, Held>>;
}

interface RunIn {
  cwd?: string;
  env?: Record<string, string>;
}

interface Held {
  value: unknown;
  source: string;
  at?: string;
  preset?: string;
}

export function createWorld({ git = true }: { git?: boolean } = {}): World {
  const project = temporaryFolder();
  const home = temporaryFolder();
  if (git) mkdirSync(join(project, '.git'));
  copyFileSync(fixture('small.png'), join(project, 'photo.png'));
  const place = (path: string, content: unknown) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  };
  const run: World['run'] = (args, { cwd = project, env = {} } = {}) =>
    runInProcess(args, { cwd, env: { HOME: home, ...env } });
  return {
    ...{ project, home, run },
    write: (name, content) => place(join(project, name), content),
    settings: (content) => place(join(project, 'gemini-image.json'), content),
    own: (content) => place(join(home, '.config/gemini-image/gemini-image.json'), content),
    async holding(args, options) {
      const { stdout, stderr } = await run(['config', ...args, '-f', 'json'], options);
      if (stdout === '') throw new Error(stderr);
      return JSON.parse(stdout).settings;
    },
  };
}

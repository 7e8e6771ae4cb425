import { lstatSync, realpathSync, statSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Command } from 'commander';
import type { Environment } from '../settings.js';

export const FILE_NAME = 'gemini-image.json';

/** Whose file of settings it is: what it may set depends on that. */
export type Whose = 'project' | 'user';

export interface FoundFile {
  whose: Whose;
  /** Absolute. */
  path: string;
  /** The folder of the project, or that of the user's own file: texts of files are taken from it. */
  root: string;
}

/** Where a file of settings would be the user's own; undefined if no home folder is known. */
export function userFile(env: Environment, system: string = platform()): string | undefined {
  const folder = configFolder(env, system);
  return folder === undefined ? undefined : join(folder, 'gemini-image', FILE_NAME);
}

/** As for `git` and `gh`: a variable of the system, or `.config` in the home folder. */
function configFolder(env: Environment, system: string): string | undefined {
  const { XDG_CONFIG_HOME, APPDATA } = env;
  if (XDG_CONFIG_HOME && isAbsolute(XDG_CONFIG_HOME)) return XDG_CONFIG_HOME;
  if (system === 'win32' && APPDATA) return APPDATA;
  const home = homeFolder(env, system);
  return home === undefined ? undefined : join(home, '.config');
}

function homeFolder(env: Environment, system: string): string | undefined {
  const named = system === 'win32' ? env.USERPROFILE : env.HOME;
  if (named) return resolve(named);
  try {
    return homedir();
  } catch {
    // Some containers run as a user that the system does not know.
    return undefined;
  }
}

/**
 * The files of settings that hold in a folder, that of the project first. It is called at every start,
 * so it does no more than a few looks at the disk.
 */
export function findFiles(env: Environment, folder: string): readonly FoundFile[] {
  const own = userFile(env);
  const start = absolute(folder);
  const project = start && findProjectFile(start, homeFolder(env, platform()));
  return [
    ...(project && project.path !== own ? [project] : []),
    ...(own !== undefined && isThere(own)
      ? [{ whose: 'user' as const, path: own, root: dirname(own) }]
      : []),
  ];
}

/** Undefined if the working folder is gone. */
function absolute(folder: string): string | undefined {
  try {
    return resolve(folder);
  } catch {
    return undefined;
  }
}

/**
 * The nearest file from the working folder up to the root of its repository. Without a repository it is
 * the working folder's own: above it, anybody may have put one.
 */
function findProjectFile(start: string, home: string | undefined): FoundFile | undefined {
  const root = repositoryOf(start, home) ?? start;
  for (let folder = start; ; folder = dirname(folder)) {
    const path = join(folder, FILE_NAME);
    if (isThere(path)) return { whose: 'project', path, root };
    if (folder === root || folder === dirname(folder)) return undefined;
  }
}

/** A home folder with dotfiles in Git is no project, nor is what lies above it. */
function repositoryOf(start: string, home: string | undefined): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    if (isFileOrFolder(join(folder, '.git'))) {
      const holdsHome =
        home !== undefined && (isInside(home, folder) || isInside(real(home), folder));
      return holdsHome ? undefined : folder;
    }
    if (folder === dirname(folder)) return undefined;
  }
}

/** Whether a path is a folder, or lies in it. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Also if it is a link that leads nowhere, about which the user should know. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // Where nobody may look, nothing can be read either.
    return false;
  }
}

/** `.git` is a file in worktrees and submodules. */
function isFileOrFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Whether a command takes flags from files. */
export function takesSettings(command: Command): boolean {
  return command.options.some((option) => option.attributeName() === 'preset');
}

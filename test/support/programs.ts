import { spawnSync } from 'node:child_process';

/** Whether a program runs here; where it does not, the tests that need it are skipped by name. */
export function hasProgram(name: string, versionFlag = '--version'): boolean {
  const found = spawnSync(name, [versionFlag], { stdio: 'ignore' }).status === 0;
  if (!found) console.warn(`skipped: tests that need ${name}, which is not installed`);
  return found;
}

import { existsSync } from 'node:fs';
import { Module } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { requirePackage } from '../own-files.js';

let loaded: unknown;

/**
 * The package with calls of the system for files that Node does not have: locks and attributes.
 *
 * @throws whatever Node throws if it does not run on this system.
 */
export function nativeFiles<Calls>(): Calls {
  if (loaded === undefined) {
    handOverBinary(dirname(requirePackage.resolve('fs-native-extensions')));
    loaded = requirePackage('fs-native-extensions');
  }
  return loaded as Calls;
}

/**
 * The package looks for its binary by the rules of another runtime, which takes ten times as long as the
 * rest of it. If the binary is where it usually is, this puts it in the place of the module that would
 * search; otherwise the package searches as ever.
 */
function handOverBinary(folder: string): void {
  const { cache } = requirePackage;
  const searching = join(folder, 'binding.js');
  const binary = join(folder, 'prebuilds', `${platform()}-${arch()}`, 'fs-native-extensions.node');
  // Alpine has another C library, and its binary another name.
  const isAlpine = platform() === 'linux' && existsSync('/etc/alpine-release');
  if (isAlpine || cache[searching] || !existsSync(searching) || !existsSync(binary)) return;
  try {
    const found = { exports: requirePackage(binary), filename: searching, loaded: true };
    cache[searching] = Object.assign(new Module(searching), found);
  } catch {
    // The package itself will say why it cannot be loaded.
  }
}

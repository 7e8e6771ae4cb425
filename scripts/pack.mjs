// Packs the package twice, each time from a fresh build, and compares: the tarball is to follow from the
// sources alone, byte for byte. It stays in the folder, with its hash on stdout.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @returns the path of the tarball, in a folder of its own. */
function pack(folder) {
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' });
  // What is for a clone only is left out of the packed manifest, as it is by a plain `npm pack`.
  execFileSync(process.execPath, [join(root, 'scripts/pack-manifest.mjs')]);
  try {
    const isWindows = process.platform === 'win32';
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    const packed = execFileSync(isWindows ? 'npm.cmd' : 'npm', args, {
      cwd: root,
      encoding: 'utf8',
      shell: isWindows,
    });
    return JSON.parse(packed)[0].filename;
  } finally {
    execFileSync(process.execPath, [join(root, 'scripts/pack-manifest.mjs'), 'restore']);
  }
}

const folders = ['once', 'twice'].map((name) => mkdtempSync(join(tmpdir(), `pack-${name}-`)));
try {
  const [one, other] = folders.map((folder) => {
    const filename = pack(folder);
    const bytes = readFileSync(join(folder, filename));
    return { filename, hash: createHash('sha256').update(bytes).digest('hex') };
  });
  if (one.hash !== other.hash) {
    console.error(`packed twice, ${one.filename} differs: ${one.hash} and ${other.hash}`);
    process.exitCode = 1;
  } else {
    renameSync(join(folders[0], one.filename), join(root, one.filename));
    console.log(`${one.hash}  ${one.filename}`);
  }
} finally {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

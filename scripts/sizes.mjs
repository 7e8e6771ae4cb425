// npm run sizes: prints what each dependency takes on the disk with all that it brings, as the table in
// docs/decisions/0003-dependencies.md has it. Then it packs the package, installs it in an empty folder as
// a user does, and prints what that takes. Exits 1 if either is more than the limit.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installedParts, LIMIT_MB, MB, sizeOf, totalOf } from './installed.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gemini-image-sizes-'));

function npm(args, cwd) {
  const isWindows = process.platform === 'win32';
  return execFileSync(isWindows ? 'npm.cmd' : 'npm', args, {
    cwd,
    encoding: 'utf8',
    shell: isWindows,
  });
}

try {
  const parts = installedParts(root);
  console.log('| part | MB |\n| --- | ---: |');
  for (const { name, mb } of parts) console.log(`| ${name} | ${mb.toFixed(1)} |`);
  console.log(`| **all** | **${totalOf(parts).toFixed(1)}** |\n`);

  const packed = npm(['pack', '--silent', '--pack-destination', folder], root).trim().split('\n');
  const tarball = join(folder, packed.at(-1) ?? '');
  const installed = mkdtempSync(join(folder, 'installed-'));
  writeFileSync(join(installed, 'package.json'), '{}');
  npm(['install', '--no-audit', '--no-fund', '--ignore-scripts', tarball], installed);
  const total = sizeOf(join(installed, 'node_modules'), { withInner: true }) / MB;
  console.log(`installed in an empty folder: ${total.toFixed(1)} MB`);
  if (Math.max(total, totalOf(parts)) >= LIMIT_MB) {
    console.error(`more than ${LIMIT_MB} MB: what is large and for a few is added by the user`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

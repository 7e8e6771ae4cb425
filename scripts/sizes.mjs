// npm run sizes: packs the package, installs it in an empty folder as a user does, and prints what each
// package takes on the disk, in blocks as `du` counts them. Exits 1 if that is more than the limit.
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LIMIT_MB = 45;
const MB = 1 << 20;
/** Smaller packages are told together. */
const SHOWN_MB = 0.25;

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gemini-image-sizes-'));

/** In bytes. */
function sizeOf(path) {
  const stats = lstatSync(path);
  const own = (stats.blocks ?? Math.ceil(stats.size / 512)) * 512;
  if (!stats.isDirectory()) return own;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), own);
}

function npm(args, cwd) {
  const isWindows = process.platform === 'win32';
  return execFileSync(isWindows ? 'npm.cmd' : 'npm', args, {
    cwd,
    encoding: 'utf8',
    shell: isWindows,
  });
}

try {
  const packed = npm(['pack', '--silent', '--pack-destination', folder], root).trim().split('\n');
  const tarball = join(folder, packed.at(-1) ?? '');
  const installed = mkdtempSync(join(folder, 'installed-'));
  writeFileSync(join(installed, 'package.json'), '{}');
  npm(['install', '--no-audit', '--no-fund', '--ignore-scripts', tarball], installed);
  const modules = join(installed, 'node_modules');
  const packages = readdirSync(modules)
    .flatMap((name) =>
      name.startsWith('@')
        ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`)
        : [name],
    )
    .map((name) => ({ name, mb: sizeOf(join(modules, name)) / MB }))
    .sort((one, other) => other.mb - one.mb);
  const large = packages.filter(({ mb }) => mb >= SHOWN_MB);
  const small = packages.slice(large.length);
  const rest = small.reduce((sum, { mb }) => sum + mb, 0);
  const total = sizeOf(modules) / MB;
  const row = (name, mb) => console.log(`| ${name} | ${mb.toFixed(1)} |`);
  console.log('| package | MB |\n| --- | ---: |');
  for (const { name, mb } of large) row(`\`${name}\``, mb);
  row(`${small.length} others`, rest);
  row('all', total);
  if (total >= LIMIT_MB) {
    console.error(`more than ${LIMIT_MB} MB: what is large and for a few is added by the user`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

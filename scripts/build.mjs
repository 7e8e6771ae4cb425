// Builds dist/ anew: the command and the library in a few files (scripts/bundle.mjs), types, the page of `review` in
// one script for each of its two forms, and a man page; and schema/, by which files of settings are checked.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundle } from './bundle.mjs';
import { compile } from './compile.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const path = (name) => join(root, name);

for (const folder of ['compiled', 'dist']) rmSync(path(folder), { recursive: true, force: true });
await Promise.all([writeTypes(), compile(root).then(() => bundle(root))]);
chmodSync(path('dist/bin.cjs'), 0o755);

/** The types of the package, and those that they lead to. The others, 500 small files, are of no use to anybody. */
async function writeTypes() {
  const args = [path('node_modules/typescript/bin/tsc'), '-p', path('tsconfig.build.json')];
  const compiler = spawn(process.execPath, args, { stdio: 'inherit' });
  const [code] = await once(compiler, 'close');
  if (code !== 0) process.exit(1);
  const used = new Set(['index.d.ts', 'index.d.cts']);
  for (const name of used) {
    const text = readFileSync(path(`compiled/${name}`), 'utf8');
    for (const [, to] of text.matchAll(/['"](\.{1,2}\/[^'"]+)\.js['"]/g)) {
      used.add(posix.join(posix.dirname(name), `${to}.d.ts`));
    }
    mkdirSync(path(join('dist', dirname(name))), { recursive: true });
    copyFileSync(path(`compiled/${name}`), path(`dist/${name}`));
  }
}

const { writeSettingsSchemas } = await import('./settings-schemas.mjs');
await writeSettingsSchemas();

const { manPage } = await import('./man.mjs');
writeFileSync(path('dist/gemini-image.1'), await manPage());

await build({
  entryPoints: {
    page: path('src/review/page/main.ts'),
    static: path('src/review/page/static.ts'),
  },
  outdir: path('dist/review/page'),
  // Elements as calls with their children behind them are shorter than those that the compiler checks.
  tsconfigRaw: {
    compilerOptions: { jsx: 'react', jsxFactory: 'h', jsxFragmentFactory: 'Fragment' },
  },
  inject: [path('src/review/page/elements.ts')],
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['chrome123', 'firefox120', 'safari17.5'],
  legalComments: 'none',
  logLevel: 'warning',
});
for (const name of ['page.html', 'page.css', 'icon.svg']) {
  copyFileSync(path(`src/review/page/${name}`), path(`dist/review/page/${name}`));
}

// Builds dist/ anew: what the compiler makes of src/, the page of `review` in one script for each of its two forms, a command that can be
// run in place, and its man page; and schema/, by which files of settings are checked.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url);
const path = (name) => fileURLToPath(new URL(name, root));

rmSync(path('dist'), { recursive: true, force: true });
execFileSync(
  process.execPath,
  [path('node_modules/typescript/bin/tsc'), '-p', path('tsconfig.build.json')],
  {
    stdio: 'inherit',
  },
);
chmodSync(path('dist/bin.cjs'), 0o755);

/** The types that the package's own lead to. The others, 500 small files, are of no use to anybody. */
function declarationsInUse() {
  const used = new Set([path('dist/index.d.ts'), path('dist/index.d.cts')]);
  for (const file of used) {
    for (const [, name] of readFileSync(file, 'utf8').matchAll(/['"](\.{1,2}\/[^'"]+)\.js['"]/g)) {
      used.add(resolve(file, '..', `${name}.d.ts`));
    }
  }
  return used;
}

const used = declarationsInUse();
for (const name of readdirSync(path('dist'), { recursive: true })) {
  const file = join(path('dist'), name);
  if (/\.d\.c?ts$/.test(name) && !used.has(file)) rmSync(file);
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

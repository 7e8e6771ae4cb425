// Makes compiled/ of src/: each module by itself, without types. The bundle is made of it, and tests, scripts and
// measures that look inside of the program load from it; it is not shipped.
import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { build } from 'esbuild';

/** The page is a program of its own, in the browser. */
const PAGE = join('review', 'page') + sep;

/** Compiles the sources below `root`, which ends with a slash. */
export async function compile(root) {
  const source = join(root, 'src');
  const outdir = join(root, 'compiled');
  const modules = readdirSync(source, { recursive: true })
    .filter((name) => name.endsWith('.ts') && !name.startsWith(PAGE))
    .map((name) => join(source, name));
  const options = { outdir, outbase: source, target: 'node20', logLevel: 'warning' };
  await Promise.all([
    build({ ...options, entryPoints: modules, format: 'esm' }),
    build({
      ...options,
      entryPoints: [join(source, 'bin.cts')],
      outExtension: { '.js': '.cjs' },
    }),
  ]);
}

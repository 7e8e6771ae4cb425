import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const manifest = new URL('../package.json', import.meta.url);
const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));

/** The built command, as package.json names it. */
export const command = fileURLToPath(new URL(bin['gemini-image'], manifest));

/** One module of the command by itself, which is not shipped in this form, as `import()` takes it. */
export const compiled = (name) => new URL(`../compiled/${name}`, import.meta.url).href;

/** A script of this folder. */
export const script = (name) => fileURLToPath(new URL(name, import.meta.url));

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const manifest = new URL('../package.json', import.meta.url);
const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));

/** The built command, as package.json names it. */
export const command = fileURLToPath(new URL(bin['gemini-image'], manifest));

/** A built module, as `import()` takes it. */
export const built = (name) => pathToFileURL(join(dirname(command), name)).href;

/** A script of this folder. */
export const script = (name) => fileURLToPath(new URL(name, import.meta.url));

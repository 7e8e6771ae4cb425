// Before npm packs, takes out of package.json what is meant for a clone only, and puts it back after
// that. Who installs the package gets no scripts: npm warns of a `prepare` in what it installs.
import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const manifest = path('package.json');
const whole = path('package.json.whole');

if (process.argv[2] === 'restore') {
  if (existsSync(whole)) renameSync(whole, manifest);
} else {
  // A copy that is left of a pack that was broken off is the whole one.
  if (!existsSync(whole)) copyFileSync(manifest, whole);
  const {
    scripts: _,
    devDependencies: __,
    overrides: ___,
    ...packed
  } = JSON.parse(readFileSync(whole, 'utf8'));
  writeFileSync(manifest, `${JSON.stringify(packed, null, 2)}\n`);
}

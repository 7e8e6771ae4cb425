import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('THIRD_PARTY.md names what is installed along; else: npm run licences', () => {
  const printed = execFileSync(process.execPath, ['scripts/third-party.mjs', '--print'], {
    encoding: 'utf8',
  });
  expect(readFileSync('THIRD_PARTY.md', 'utf8')).toBe(printed);
});

test('it is published, and names each dependency of the manifest', () => {
  const { dependencies, optionalDependencies, files } = JSON.parse(
    readFileSync('package.json', 'utf8'),
  );
  expect(files).toContain('THIRD_PARTY.md');
  const text = readFileSync('THIRD_PARTY.md', 'utf8');
  const names = Object.keys({ ...dependencies, ...optionalDependencies });
  expect(names.filter((name) => !text.includes(`\n| ${name} | `))).toEqual([]);
});

test('licences are those of the packages and not of their manifests where these differ', () => {
  const text = readFileSync('THIRD_PARTY.md', 'utf8');
  expect(text).toContain('`assets/label-font.json.gz`, under the Bitstream Vera Fonts Copyright');
  expect(text).toContain('Roboto');
  expect(text).toMatch(/\| libvips\s+\| LGPLv3/);
});

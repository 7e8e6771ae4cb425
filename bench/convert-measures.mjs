import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { compiled, script } from './built.mjs';
import { now } from './clock.mjs';

const PICTURES = 100;

/** Other programs, each started once for a picture, as scripts use them; as many at once as there are cores. */
const OTHERS = {
  magick: (to) => [
    ...['convert', '{}[0]', '-auto-orient', '-background', 'white', '-flatten'],
    ...['-resize', '3072x3072>', '-strip', '-quality', '90', `jpg:${to}/{}.jpg`],
  ],
  vips: (to) => ['vips', 'thumbnail', '{}', `${to}/{}.jpg[strip,Q=90]`, '3072', '--size', 'down'],
};

/** What is measured of converting pictures of many kinds, against other programs where they are installed. */
export function convertMeasures({ run }, { many }, drawing) {
  const folder = join(many.folder, '../mixed');
  const outputs = join(many.folder, '../mixed-out');

  const ours = () => {
    const { stdout, ms } = run([script('convert.mjs'), compiled('./'), folder]);
    assert.equal(JSON.parse(stdout).converted, PICTURES, 'pictures that were converted');
    // With the start of the process, as for the others.
    return { perSecond: (PICTURES / ms) * 1000 };
  };
  const theirs = (command) => {
    rmSync(outputs, { recursive: true, force: true });
    mkdirSync(outputs);
    const start = now();
    const { status } = spawnSync(
      'xargs',
      ['-P', String(availableParallelism()), '-I', '{}', ...command(outputs)],
      { cwd: folder, input: readdirSync(folder).join('\n'), stdio: ['pipe', 'ignore', 'ignore'] },
    );
    const ms = now() - start;
    assert.equal(status, 0, 'exit code of xargs');
    assert.equal(readdirSync(outputs).length, PICTURES, 'pictures that were written');
    return { perSecond: (PICTURES / ms) * 1000 };
  };

  const rowFor = (name) => ({
    name: `converting ${PICTURES} mixed pictures, against ${name}`,
    unit: '/s',
    of: ({ perSecond }) => perSecond,
    least: LEAST[name],
  });
  const installed = Object.keys(OTHERS).filter((name) => {
    const [program] = OTHERS[name]('');
    return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
  });
  const prepare = function* () {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    yield run([script('mixed.mjs'), drawing, folder, String(PICTURES)]);
  };
  const measures = installed.map((name) => ({
    runs: 1,
    rows: [rowFor(name)],
    prepare,
    candidate: ours,
    floor: () => theirs(OTHERS[name]),
  }));
  const alone = { name: `converting ${PICTURES} mixed pictures`, unit: '/s', by: 'alone' };
  return measures.length > 0
    ? measures
    : [
        {
          runs: 1,
          rows: [{ ...alone, of: ({ perSecond }) => perSecond }],
          prepare,
          candidate: ours,
        },
      ];
}

const LEAST = { magick: 1, vips: 0.5 };

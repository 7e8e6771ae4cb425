import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { command, script } from './built.mjs';

const PAGES = 2000;
/** A folder in which remark-cli and its recommended rules are installed. */
const REMARK = process.env.BENCH_REMARK;

/** What is measured of looking through pages, beside remark-lint over the same ones. */
export function pageMeasures({ run, runForUsage }, folder) {
  const pages = join(folder, 'pages');
  const check = (runWith) => {
    const result = runWith([command, 'alt', pages, '--check'], [1]);
    const lines = result.stdout.split('\n').length - 1;
    assert.equal(lines, 2 * PAGES, 'images without a text, or with a placeholder');
    return result;
  };
  const lint = (runWith) => {
    const cli = join(REMARK ?? '', 'node_modules/remark-cli/cli.js');
    const rules = join(REMARK ?? '', 'node_modules/remark-preset-lint-recommended/index.js');
    return runWith([cli, pages, '--quiet', '--no-stdout', '--use', rules], [0]);
  };
  const prepare = function* () {
    yield run([script('pages.mjs'), pages, String(PAGES)]);
  };
  const name = `alt --check of ${PAGES.toLocaleString('en')} pages`;
  const inTime = {
    runs: 3,
    prepare,
    rows: [{ name, unit: 's', of: ({ ms }) => ms / 1000, by: 'alone', limit: 2 }],
    candidate: () => check(run),
  };
  const besides = {
    runs: 3,
    prepare,
    rows: [
      { name: `${name}, against remark-lint`, unit: 's', of: ({ ms }) => ms / 1000, limit: 1 },
    ],
    candidate: () => check(run),
    floor: () => lint(run),
  };
  const usage = {
    runs: 1,
    prepare,
    rows: [{ name: `${name}: CPU time`, unit: 'ms', of: ({ cpuMs }) => cpuMs }],
    candidate: () => check(runForUsage),
    floor: () => lint(runForUsage),
  };
  return REMARK === undefined ? [inTime] : [inTime, besides, usage];
}

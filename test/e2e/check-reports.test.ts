/** What `check` prints and writes: for people, scripts and CI. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'junit2json';
import { describe, expect, test } from 'vitest';
import { album, nameOf, recordsIn } from '../support/album.js';
import { forEach } from '../support/at-once.js';
import { run, shell } from '../support/command.js';
import { fixture, temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import {
  dailyQuota,
  judges,
  overloaded,
  refuses,
  replying,
  replyingTo,
  says,
} from '../support/judges.js';

const BOAT = fixture('small.png');
const CLAIMS = [
  '--that',
  'A boat is there.',
  '--that',
  'The sea is calm.',
  '--that',
  'It is noon.',
];
const A = `photos/${nameOf(0)}`;
const B = `photos/${nameOf(1)}`;
const C = `photos/${nameOf(2)}`;
const MISSING = 'photos/nothere.png';

const ALL = judges('holds', 'fails', 'unclear');
const HOLDS = judges('holds', 'holds', 'holds');

/** A report as a reader of JUnit has it. */
async function reportOf(xml: string) {
  const found = await parse(xml);
  if (!found || !('testsuite' in found)) throw new Error('there are no suites');
  return found;
}

/** In the words of CI: what became of each test. */
async function outcomesIn(xml: string) {
  const { testsuite = [] } = await reportOf(xml);
  return testsuite.map(({ name, testcase = [] }) => [
    name,
    testcase.map((one) =>
      one.failure ? 'failure' : one.error?.[0] ? one.error[0].type : 'passed',
    ),
  ]);
}

describe('text', () => {
  test('of one picture is one line per verdict', async () => {
    const server = await replying(ALL);
    const { stdout, stderr } = await runInProcess(['check', BOAT, ...CLAIMS], server);
    expect(stdout).toBe(
      '✓ holds: A boat is there.\tEvidence 1.\n✗ fails: The sea is calm.\tEvidence 2.\n? unclear: It is noon.\tEvidence 3.\n',
    );
    expect(stderr).toBe('');
  });

  test('of several has the picture first; the end says how many hold, fail and are unclear', async () => {
    const cwd = await album(2);
    const { env } = await replyingTo(ALL, HOLDS);
    const { stdout, stderr } = await runInProcess(['check', A, MISSING, B, ...CLAIMS], {
      cwd,
      env,
    });
    expect(stdout).toBe(
      [
        `${A}\t✓ holds: A boat is there.\tEvidence 1.\n`,
        `${A}\t✗ fails: The sea is calm.\tEvidence 2.\n`,
        `${A}\t? unclear: It is noon.\tEvidence 3.\n`,
        `${B}\t✓ holds: A boat is there.\tEvidence 1.\n`,
        `${B}\t✓ holds: The sea is calm.\tEvidence 2.\n`,
        `${B}\t✓ holds: It is noon.\tEvidence 3.\n`,
      ].join(''),
    );
    expect(stderr).toContain(`gemini-image: ${MISSING}: no such file\n`);
    expect(stderr).toContain('2 checked, 1 failed (input): 4 claims hold, 1 fails, 1 unclear\n');
  });

  const COMMANDS = '\u001b[2J\u202eexe.png\u202c\u0007';

  test('is exact in a pipe, except for its columns and lines', async () => {
    const server = await replying(judges({ verdict: 'fails', evidence: `${COMMANDS}\n\tNo.\r\n` }));
    const { stdout } = await runInProcess(['check', BOAT, '--that', 'A\nB\tC'], server);
    expect(stdout).toBe(`✗ fails: A B C\t${COMMANDS} No.\n`);
  });

  test.skipIf(!existsSync('/usr/bin/script'))('is harmless on a terminal', async () => {
    const server = await replying(judges({ verdict: 'fails', evidence: `${COMMANDS}No.` }));
    const line = 'script -qec "$(printf "%q " "$@")" /dev/null';
    const args = ['check', BOAT, '--that', 'A boat.', '--no-color'];
    const { stdout, code } = await shell(line, args, { ...server, cwd: temporaryFolder() });
    expect(code).toBe(1);
    expect(stdout).toContain('\\u{1b}[2J\\u{202e}exe.png\\u{202c}\\u{7}No.');
    expect(stdout).not.toContain('\u001b[2J');
    expect(stdout).not.toContain('\u202e');
  });
});

describe('JSON', () => {
  test('of one picture is an object, with the verdicts and their boxes in stored pixels', async () => {
    // Upright it is 64 × 96; it is stored on its side, as 96 × 64.
    const top = { verdict: 'holds' as const, box_2d: [0, 250, 500, 750] };
    const odd = { verdict: 'unclear' as const, box_2d: ['left', 3] };
    const server = await replying(judges(top, odd, 'fails'));
    const args = ['check', fixture('turned.jpg'), ...CLAIMS, '-f', 'json'];
    const { stdout, code } = await runInProcess(args, server);
    expect(code).toBe(7);
    const record = JSON.parse(stdout);
    expect(record).toMatchObject({
      image: fixture('turned.jpg'),
      ...{ status: 'ok', width: 96, height: 64, orientation: 6 },
      sent: { width: 64, height: 96 },
    });
    expect(record.data.verdicts).toEqual([
      {
        claim: 'A boat is there.',
        verdict: 'holds',
        evidence: 'Evidence 1.',
        box: { x: 0, y: 16, width: 48, height: 32 },
        normalized: [0, 250, 500, 750],
      },
      // A box that makes no sense does not spoil the verdict.
      { claim: 'The sea is calm.', verdict: 'unclear', evidence: 'Evidence 2.' },
      { claim: 'It is noon.', verdict: 'fails', evidence: 'Evidence 3.' },
    ]);
  });

  test('of several is an array, and as JSON Lines one record per line, also in a file', async () => {
    const cwd = await album(2);
    const server = await replyingTo(ALL, refuses);
    const args = ['check', A, MISSING, B, ...CLAIMS, '--retries', '0'];
    const [json, lines] = await Promise.all([
      runInProcess([...args, '-f', 'json'], { cwd, env: server.env }),
      runInProcess([...args, '-o', 'v.jsonl'], { cwd, env: server.env }),
    ]);
    const shape = (records: { image: string; status: string; data?: object }[]) =>
      records.map(({ image, status, data }) => [image, status, data !== undefined]);
    const expected = [
      [A, 'ok', true],
      [MISSING, 'failed', false],
      [B, 'failed', false],
    ];
    expect(shape(JSON.parse(json.stdout))).toEqual(expected);
    expect(shape(recordsIn(join(cwd, 'v.jsonl')))).toEqual(expected);
    expect(lines).toMatchObject({ code: 3, stdout: '' });
    // It is no ledger: a check is done anew each time.
    const again = await runInProcess([...args, '-o', 'v.jsonl'], { cwd, env: server.env });
    expect(recordsIn(join(cwd, 'v.jsonl'))).toHaveLength(3);
    expect(again).toMatchObject({ code: 3, stdout: '' });
    expect(server.requests).toHaveLength(3 * 2);
  });

  test('does not replace a ledger, which holds what was paid for', async () => {
    const cwd = await album(1);
    const server = await replying(says('A boat.'), ALL);
    const options = { cwd, env: server.env };
    expect((await runInProcess(['describe', A, '-o', 'v.jsonl'], options)).code).toBe(0);
    const ledger = readFileSync(join(cwd, 'v.jsonl'), 'utf8');
    const result = await runInProcess(['check', A, ...CLAIMS, '-o', 'v.jsonl'], options);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/^gemini-image: v\.jsonl holds results of earlier runs/);
    expect(readFileSync(join(cwd, 'v.jsonl'), 'utf8')).toBe(ledger);
    expect(server.requests).toHaveLength(1);
  });

  test('nor a ledger of answers that look like verdicts, or begin after some', async () => {
    const cwd = await album(1);
    const server = await replying(says('{"verdicts":["guilty"]}'), ALL, says('A boat.'), ALL);
    const options = { cwd, env: server.env };
    const describe = (...more: string[]) => runInProcess(['describe', A, ...more], options);
    const check = (output: string) => runInProcess(['check', A, ...CLAIMS, '-o', output], options);
    expect((await describe('--fields', 'verdicts[]', '-o', 'fields.jsonl')).code).toBe(0);
    expect((await check('fields.jsonl')).code).toBe(2);
    expect((await check('mixed.jsonl')).code).toBe(7);
    expect((await describe('-o', 'mixed.jsonl')).code).toBe(0);
    expect((await check('mixed.jsonl')).code).toBe(2);
    expect(server.requests).toHaveLength(3);
  });
});

describe('JUnit', () => {
  test('reports a run that could not begin, and replaces an older report that would look fine', async () => {
    const cwd = await album(1);
    const old = '<?xml version="1.0"?>\n<testsuites name="gemini-image check"></testsuites>\n';
    writeFileSync(join(cwd, 'check.xml'), old);
    const args = ['check', A, ...CLAIMS, '-o', 'check.xml'];
    expect((await runInProcess(args, { cwd })).code).toBe(4);
    const xml = readFileSync(join(cwd, 'check.xml'), 'utf8');
    expect(await outcomesIn(xml)).toEqual([['the run', ['auth']]]);
    expect(existsSync(join(cwd, 'check.xml~'))).toBe(false);
  });

  test('is chosen by the ending .xml, and says what holds, fails, is unclear and was not judged', async () => {
    const cwd = await album(2);
    const { env } = await replyingTo(ALL, HOLDS);
    const args = ['check', A, MISSING, B, ...CLAIMS, '-o', 'check.xml'];
    expect(await run(args, { cwd, env })).toMatchObject({ code: 3, stdout: '' });
    const xml = readFileSync(join(cwd, 'check.xml'), 'utf8');
    const report = await reportOf(xml);
    expect(report).toMatchObject({ tests: 9, failures: 1, errors: 4 });
    expect(report.testsuite?.[0]).toMatchObject({ name: A, tests: 3, failures: 1, errors: 1 });
    expect(report.testsuite?.[0]?.testcase?.[1]).toMatchObject({
      classname: A,
      name: 'The sea is calm.',
      failure: [{ message: 'Evidence 2.', type: 'fails' }],
    });
    expect(await outcomesIn(xml)).toEqual([
      [A, ['passed', 'failure', 'unclear']],
      [MISSING, ['input', 'input', 'input']],
      [B, ['passed', 'passed', 'passed']],
    ]);
  });

  test('stays a report, whatever claims, evidence and names say', async () => {
    const evil = ']]></testcase>\n&amp;"\'<\u0000\ufffe⛵\ud800&';
    const cwd = await album([`a "b" <c> & 'd'.png`]);
    const { env } = await replyingTo(judges({ verdict: 'fails', evidence: `x${evil}` }, 'holds'));
    const claims = ['--that', '</testsuites> & "so"\n', '--that', 'true'];
    const args = ['check', `a "b" <c> & 'd'.png`, ...claims, '-f', 'junit'];
    const { stdout, code } = await runInProcess(args, { cwd, env });
    expect(code).toBe(1);
    const { tests, failures, testsuite } = await reportOf(stdout);
    expect([tests, failures, testsuite?.[0]?.name]).toEqual([2, 1, `a "b" <c> & 'd'.png`]);
    expect(testsuite?.[0]?.testcase?.[0]?.failure?.[0]?.inner).toContain(']]></testcase>');
  });

  test('is complete if the run ended early', async () => {
    const cwd = await album(3);
    const { env } = await replyingTo(ALL, dailyQuota, HOLDS);
    const args = ['check', A, B, C, ...CLAIMS, '-c', '1', '-o', 'check.xml'];
    expect((await runInProcess(args, { cwd, env })).code).toBe(5);
    const xml = readFileSync(join(cwd, 'check.xml'), 'utf8');
    expect(await outcomesIn(xml)).toEqual([
      [A, ['passed', 'failure', 'unclear']],
      [B, ['quota', 'quota', 'quota']],
      // Of those that were not reached there is nothing; it must not look as if all were judged.
      ['the run', ['quota']],
    ]);
    const { testsuite = [] } = await reportOf(xml);
    const [error] = testsuite.at(-1)?.testcase?.[0]?.error ?? [];
    expect(error?.message).toMatch(/^the daily quota/);
  });

  test('is written if nothing could be judged: one picture, and several', async () => {
    const cwd = await album(2);
    const { env } = await replyingTo(overloaded, overloaded);
    await forEach([[A], [A, B]], async (pictures) => {
      const file = `${pictures.length}.xml`;
      const args = ['check', ...pictures, ...CLAIMS, '--retries', '0', '-o', file];
      expect((await runInProcess(args, { cwd, env })).code).toBe(6);
      const xml = readFileSync(join(cwd, file), 'utf8');
      expect(await reportOf(xml)).toMatchObject({ failures: 0, errors: 3 * pictures.length });
    });
  });
});

describe('GitHub', () => {
  const github = ['-f', 'github'];

  test('prints an error for what fails and was not judged, a warning for what is unclear', async () => {
    const cwd = await album(1);
    const { env } = await replyingTo(ALL);
    const { stdout, code } = await runInProcess(['check', A, MISSING, ...CLAIMS, ...github], {
      cwd,
      env,
    });
    expect(code).toBe(3);
    expect(stdout).toBe(
      [
        `::error file=${A},title=fails%3A The sea is calm.::Evidence 2.\n`,
        `::warning file=${A},title=unclear%3A It is noon.::Evidence 3.\n`,
        `::error file=${MISSING}::input: no such file\n`,
      ].join(''),
    );
  });

  test('with -o, a report goes to the file, and annotations go to stdout', async () => {
    const cwd = await album(1);
    const { env } = await replyingTo(ALL);
    const args = ['check', A, MISSING, ...CLAIMS, ...github, '-o', 'check.xml'];
    const { stdout, code } = await runInProcess(args, { cwd, env });
    expect(code).toBe(3);
    expect(stdout.match(/^::\w+ file=[^,:]+/gm)).toEqual([
      `::error file=${A}`,
      `::warning file=${A}`,
      `::error file=${MISSING}`,
    ]);
    expect(await outcomesIn(readFileSync(join(cwd, 'check.xml'), 'utf8'))).toEqual([
      [A, ['passed', 'failure', 'unclear']],
      [MISSING, ['input', 'input', 'input']],
    ]);
  });

  test('says at the end that a run ended early', async () => {
    const cwd = await album(3);
    const { env } = await replyingTo(HOLDS, dailyQuota, HOLDS);
    const args = ['check', 'photos', ...CLAIMS, '-c', '1', ...github];
    const { stdout, code } = await runInProcess(args, { cwd, env });
    expect(code).toBe(5);
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(`^::error file=${B}::quota: `),
      expect.stringMatching(/^::error::the run ended early: quota: the daily quota/),
    ]);
  });

  test('nothing in a claim, an answer or a name begins a command', async () => {
    const evil = 'x\r\n::error::pwned\n::add-mask::y%0A::stop-commands::z';
    const name = 'a,b::c\n::error::d.png';
    const cwd = await album([name]);
    const { env } = await replyingTo(judges({ verdict: 'fails', evidence: evil }));
    const summary = join(cwd, 'summary.md');
    const args = ['check', name, '--that', `A | b ${evil}`, ...github];
    const options = { cwd, env: { ...env, GITHUB_STEP_SUMMARY: summary } };
    const { stdout, stderr } = await runInProcess(args, options);
    expect(stdout.match(/^.*$/gm)?.filter((line) => line !== '')).toHaveLength(1);
    expect(stdout).toMatch(/^::error file=a%2Cb%3A%3Ac%0A%3A%3Aerror%3A%3Ad\.png,title=/);
    expect(stdout).toContain('%0D%0A::error::pwned%0A::add-mask::y%250A');
    for (const line of stderr.split('\n')) expect(line).not.toMatch(/^\s*::/);
    const rows = readFileSync(summary, 'utf8')
      .split('\n')
      .filter((line) => /pwned/.test(line));
    expect(rows).toHaveLength(1);
    // What divides the four columns, and nothing else.
    expect(rows[0]?.match(/\|/g)).toHaveLength(5);
  });

  test('the step summary gets a table, if there is one; it fails no run', async () => {
    const cwd = await album(1);
    const { env } = await replying(ALL);
    writeFileSync(join(cwd, 'summary.md'), 'From before, without an end');
    mkdirSync(join(cwd, 'folder'));
    const args = ['check', A, ...CLAIMS];
    const at = (path: string) => ({ ...env, GITHUB_STEP_SUMMARY: path });
    const [added, unwritable, unset, other] = await Promise.all([
      runInProcess([...args, ...github], { cwd, env: at('summary.md') }),
      runInProcess([...args, ...github], { cwd, env: at('folder') }),
      runInProcess([...args, ...github], { cwd, env: at('') }),
      runInProcess(args, { cwd, env: at('other.md') }),
    ]);
    expect([added, unwritable, unset, other].map(({ code }) => code)).toEqual([7, 7, 7, 7]);
    const summary = readFileSync(join(cwd, 'summary.md'), 'utf8');
    expect(summary).toMatch(/^From before, without an end\n### gemini-image check\n/);
    expect(summary).toContain('1 ✓ · 1 ✗ · 1 ?');
    expect(summary.match(/^\| .*Evidence/gm)).toHaveLength(3);
    expect(unwritable.stdout).toBe(added.stdout);
    expect(unwritable.stderr).toMatch(/^gemini-image: warning: there is no step summary: folder /);
    execFileSync('mkfifo', [join(cwd, 'pipe')]);
    const waiting = await runInProcess([...args, ...github], { cwd, env: at('pipe') });
    expect(waiting).toMatchObject({ code: 7, stdout: added.stdout });
    expect(waiting.stderr).toContain('there is no step summary: pipe is no file');
    expect(unset).toMatchObject({ stdout: added.stdout, stderr: '' });
    // It is for who asks for what GitHub reads.
    expect(existsSync(join(cwd, 'other.md'))).toBe(false);
  });
});

test('a file whose ending asks for a format that the command lacks is refused', async () => {
  const cwd = await album(1);
  const server = await replying(ALL);
  const cases: [command: string, output: string, format: string, flags?: string[]][] = [
    ['check', 'x.csv', 'csv', CLAIMS],
    ['check', './x.CSV', 'csv', [...CLAIMS, '-f', 'github']],
    ['detect', 'x.csv', 'csv'],
    ['detect', 'x.xml', 'junit'],
    ['describe', 'x.xml', 'junit'],
  ];
  await forEach(cases, async ([command, output, format, flags = []]) => {
    const args = [command, A, ...flags, '-o', output];
    const { code, stderr } = await runInProcess(args, { cwd, env: server.env });
    expect(code).toBe(2);
    expect(stderr).toContain(`gemini-image: ${output} asks for ${format} by its ending`);
  });
  expect(server.requests).toHaveLength(0);
  expect(readdirSync(cwd)).toEqual(['photos']);
});

test('an earlier report does not stay when nothing could be judged', async () => {
  const cwd = await album(1);
  const { env } = await replying(overloaded);
  const old = {
    'v.xml': '<testsuites name="gemini-image check"></testsuites>',
    'v.json': '{"image":"a.png","status":"failed","error":{"kind":"input","message":"old"}}',
  };
  await forEach(Object.entries(old), async ([output, text]) => {
    writeFileSync(join(cwd, output), text);
    const args = ['check', A, ...CLAIMS, '--retries', '0', '-o', output];
    expect((await runInProcess(args, { cwd, env })).code).toBe(6);
    expect(readFileSync(join(cwd, output), 'utf8')).toContain('overloaded');
  });
});

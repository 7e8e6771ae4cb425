/** Runs over many pictures: what is done at once, in which order, and what ends them. */
import { execFileSync } from 'node:child_process';
import { createWriteStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { album, albumServer, nameOf, numberIn, recordsIn, timesAsked } from '../support/album.js';
import { start } from '../support/command.js';
import { handClock } from '../support/hand-clock.js';
import { runInProcess } from '../support/in-process.js';
import { failing, saying, sendJson, serve, silent } from '../support/scripted-server.js';

const FOLDER = ['describe', 'photos'];
const LEDGER = [...FOLDER, '-o', 'captions.jsonl'];
const GO_ON = 'To go on: gemini-image describe photos -o captions.jsonl';

/** A server that answers nobody before so many have asked, and counts who asks at once. */
async function countingServer(expected: number) {
  let open = 0;
  let most = 0;
  let letGo = () => {};
  const enough = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const server = await albumServer(async () => {
    open += 1;
    most = Math.max(most, open);
    if (open === expected) letGo();
    await enough;
    // For one too many to come.
    await new Promise((resolve) => setTimeout(resolve, 20));
    open -= 1;
  });
  return { ...server, most: () => most };
}

const dailyQuota = {
  error: {
    code: 429,
    status: 'RESOURCE_EXHAUSTED',
    message: 'You exceeded your current quota.',
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
        violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }],
      },
    ],
  },
};

describe('at the same time', () => {
  test('eight pictures are asked about, and no more', async () => {
    const cwd = await album(20);
    const server = await countingServer(8);
    expect(await runInProcess(FOLDER, { cwd, ...server })).toMatchObject({ code: 0 });
    expect(server.most()).toBe(8);
  });

  test('as many as -c says', async () => {
    const cwd = await album(6);
    const server = await countingServer(2);
    await runInProcess([...FOLDER, '-c', '2'], { cwd, ...server });
    expect(server.most()).toBe(2);
  });

  test('stdout keeps the order of the pictures', async () => {
    const cwd = await album(12);
    const server = await albumServer(
      (number) => new Promise((resolve) => setTimeout(resolve, number % 4 === 0 ? 60 : 1)),
    );
    const { stdout } = await runInProcess([...FOLDER, '-c', '4'], { cwd, ...server });
    const lines = Array.from({ length: 12 }, (_, n) => `photos/${nameOf(n)}\tpicture ${n}\n`);
    expect(stdout).toBe(lines.join(''));
  });

  test('streamed text keeps the order too', async () => {
    const cwd = await album(4);
    const server = await serve(async (response, _at, request) => {
      const number = numberIn(request);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const say = (text: string, more: object = {}) =>
        response.write(
          `data: ${JSON.stringify({ candidates: [{ content: { parts: [{ text }] }, ...more }] })}\n\n`,
        );
      say(`picture `);
      await new Promise((resolve) => setTimeout(resolve, number === 0 ? 60 : 1));
      say(String(number), { finishReason: 'STOP' });
      response.end();
    });
    const { stdout } = await runInProcess([...FOLDER, '--stream'], { cwd, ...server });
    const lines = [0, 1, 2, 3].map((n) => `photos/${nameOf(n)}\tpicture ${n}\n`);
    expect(stdout).toBe(lines.join(''));
  });
});

describe('what ends a run at once', () => {
  test('a wrong key: as many calls as pictures at once, one line, exit 4', async () => {
    const cwd = await album(40);
    const server = await failing(400, 'INVALID_ARGUMENT', 'API key not valid.');
    const { code, stderr } = await runInProcess([...LEDGER, '-c', '4'], { cwd, ...server });
    expect(code).toBe(4);
    expect(server.requests.length).toBeLessThanOrEqual(4);
    expect(stderr.match(/API key was refused/g)).toHaveLength(1);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(`${GO_ON} -c 4`);
  });

  test('a daily quota: what is finished is saved, exit 5, and the next run goes on', async () => {
    const cwd = await album(20);
    let left = 7;
    const server = await albumServer((_number, response) => {
      left -= 1;
      if (left < 0) sendJson(response, 429, dailyQuota);
    });
    const { code, stderr } = await runInProcess(LEDGER, { cwd, ...server });
    expect(code).toBe(5);
    expect(stderr).toContain('7 described');
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(GO_ON);
    const ok = () => recordsIn(join(cwd, 'captions.jsonl')).filter(({ status }) => status === 'ok');
    expect(ok()).toHaveLength(7);
    left = 100;
    expect(await runInProcess(LEDGER, { cwd, ...server })).toMatchObject({ code: 0 });
    expect(new Set(ok().map(({ image }) => image)).size).toBe(20);
    expect(ok()).toHaveLength(20);
  });

  test('a retired model: exit 2', async () => {
    const cwd = await album(20);
    const message = 'This model models/gemini-2.5-flash is no longer available to new users.';
    const server = await failing(404, 'NOT_FOUND', message);
    expect(await runInProcess(LEDGER, { cwd, ...server })).toMatchObject({ code: 2 });
    expect(server.requests.length).toBeLessThanOrEqual(8);
  });

  test('the first failure, with --fail-fast', async () => {
    const cwd = await album(20);
    const server = await albumServer((number, response) => {
      if (number !== 3) return;
      const error = {
        code: 400,
        status: 'INVALID_ARGUMENT',
        message: 'Provided image is not valid.',
      };
      sendJson(response, 400, { error });
    });
    const args = [...LEDGER, '-c', '1', '--fail-fast'];
    const { code, stderr } = await runInProcess(args, { cwd, ...server });
    expect(code).toBe(3);
    expect(server.requests).toHaveLength(4);
    expect(stderr).toContain('stopped at the first failure');
    expect(stderr).toContain(`${GO_ON} -c 1 --fail-fast`);
  });

  test('a limit of pictures, counted without those that are done', async () => {
    const cwd = await album(5);
    const server = await albumServer();
    const args = [...LEDGER, '--limit', '2'];
    for (const count of [2, 4, 5, 5]) {
      expect(await runInProcess(args, { cwd, ...server })).toMatchObject({ code: 0 });
      expect(recordsIn(join(cwd, 'captions.jsonl'))).toHaveLength(count);
    }
  });

  test('--max-cost, before it is passed, with exit 5', async () => {
    const cwd = await album(30);
    const server = await albumServer();
    // An answer costs 0.000369.
    const args = [...LEDGER, '-c', '2', '--max-cost', '0.005'];
    const { code, stderr } = await runInProcess(args, { cwd, ...server });
    expect(code).toBe(5);
    const { length } = recordsIn(join(cwd, 'captions.jsonl'));
    expect(length).toBeGreaterThan(8);
    expect(length * 0.000369).toBeLessThanOrEqual(0.005);
    expect(stderr).toContain('--max-cost');
    expect(stderr).toContain(`${GO_ON} -c 2 --max-cost 0.005`);
  });

  test('--max-cost without a price to count with', async () => {
    const cwd = await album(2);
    const server = await albumServer();
    const args = [...LEDGER, '--max-cost', '1', '-m', 'gemini-99-flash'];
    const { code, stderr } = await runInProcess(args, { cwd, ...server });
    expect({ code, calls: server.requests.length }).toEqual({ code: 2, calls: 0 });
    expect(stderr).toContain('no price is known for gemini-99-flash');
    expect(existsSync(join(cwd, 'captions.jsonl'))).toBe(false);
  });
});

describe('Ctrl-C', () => {
  test('lets calls in progress finish, saves them, and says how to go on', async () => {
    const cwd = await album(20);
    let answerAll = () => {};
    const told = new Promise<void>((resolve) => {
      answerAll = resolve;
    });
    const server = await albumServer((number) => (number < 4 ? undefined : told));
    const { child, finished } = start([...LEDGER, '-c', '2'], { cwd, ...server });
    await server.seen(6);
    child.kill('SIGINT');
    // No sooner than it has noticed.
    setTimeout(answerAll, 100);
    const { code, stderr } = await finished;
    expect(code).toBe(130);
    expect(server.requests).toHaveLength(6);
    expect(recordsIn(join(cwd, 'captions.jsonl'))).toHaveLength(6);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(`${GO_ON} -c 2`);
    expect(await runInProcess(LEDGER, { cwd, ...server })).toMatchObject({ code: 0 });
    expect(new Set(timesAsked(server).values())).toEqual(new Set([1]));
  });

  test('twice ends at once', async () => {
    const cwd = await album(20);
    const server = await silent();
    const { child, finished } = start(LEDGER, { cwd, ...server });
    await server.seen(8);
    child.kill('SIGINT');
    // Two signals that come before the process looks are one to it.
    const again = setInterval(() => child.kill('SIGINT'), 100);
    const { code, signal } = await finished;
    clearInterval(again);
    expect([code, signal]).toEqual([null, 'SIGINT']);
    expect(recordsIn(join(cwd, 'captions.jsonl'))).toEqual([]);
  });
});

describe('the end of a run', () => {
  test('is a summary on stderr, without control characters', async () => {
    const cwd = await album(3);
    writeFileSync(join(cwd, 'photos', 'broken.png'), 'no picture');
    const server = await albumServer();
    const { code, stdout, stderr } = await runInProcess(LEDGER, { cwd, ...server });
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).not.toMatch(/[\0-\x09\x0b-\x1f\x7f]/);
    expect(stderr).toMatch(
      /^gemini-image: photos\/broken.png: .*\n.*\n3 described, 1 failed \(input\)\ntook .*\n3,390 tokens in, 36 out, about \$0\.0011 at the prices of .*\nthe results are in captions.jsonl\n$/,
    );
  });

  test('is silence with --quiet', async () => {
    const cwd = await album(3);
    const server = await albumServer();
    expect(await runInProcess([...LEDGER, '-q'], { cwd, ...server })).toMatchObject({
      code: 0,
      stderr: '',
    });
  });

  test('lists what failed, ready to be asked again', async () => {
    const cwd = await album(6);
    let isBroken = true;
    const server = await albumServer((number, response) => {
      if (isBroken && number % 2 === 1) {
        const error = { code: 500, status: 'INTERNAL', message: 'An internal error.' };
        sendJson(response, 500, { error });
      }
    });
    const failed = ['--failed', 'failed.txt', '--retries', '0'];
    expect(await runInProcess([...FOLDER, ...failed], { cwd, ...server })).toMatchObject({
      code: 3,
    });
    const list = () => readFileSync(join(cwd, 'failed.txt'), 'utf8').split('\n').sort();
    expect(list()).toEqual(['', ...[1, 3, 5].map((number) => `photos/${nameOf(number)}`)]);
    isBroken = false;
    const again = ['describe', '--files-from', 'failed.txt', ...failed];
    const { code, stdout } = await runInProcess(again, { cwd, ...server });
    expect(code).toBe(0);
    expect(stdout.match(/\tpicture [135]\n/g)).toHaveLength(3);
    expect(list()).toEqual(['']);
  });
});

test('one picture has no summary, and no grace after Ctrl-C', async () => {
  const cwd = await album(['a.png']);
  const server = await saying('A boat.');
  const result = await runInProcess(['describe', 'a.png'], { cwd, ...server });
  expect(result).toMatchObject({ code: 0, stdout: 'A boat.\n', stderr: '' });
  const waiting = await silent();
  const { child, finished } = start(['describe', 'a.png'], { cwd, ...waiting });
  await waiting.seen(1);
  child.kill('SIGINT');
  expect(await finished).toMatchObject({ code: 130, stdout: '' });
});

test('a broken stream is repeated if nobody has seen its text', async () => {
  const cwd = await album(1);
  const server = await serve((response, at) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const part = (text: string, more: object = {}) =>
      `data: ${JSON.stringify({ candidates: [{ content: { parts: [{ text }] }, ...more }] })}\n\n`;
    response.write(part('A har'));
    if (at === 0) setTimeout(() => response.destroy(), 20);
    else response.end(part('bor.', { finishReason: 'STOP' }));
  });
  const result = await runInProcess([...LEDGER, '--stream'], { cwd, ...server });
  expect(result).toMatchObject({ code: 0 });
  expect(recordsIn(join(cwd, 'captions.jsonl'))).toMatchObject([{ text: 'A harbor.' }]);
  expect(server.requests).toHaveLength(2);
});

test('the download of a picture is aborted when the run ends', async () => {
  const cwd = await album(1);
  const service = await albumServer();
  let letGo = () => {};
  const gone = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  // It never answers.
  const web = await serve((response) => response.on('close', letGo));
  // A name that leads nowhere comes only after the address has been asked for.
  const list = join(cwd, 'list');
  execFileSync('mkfifo', [list]);
  const args = ['describe', '--files-from', 'list', '--fail-fast', '--allow-private-hosts'];
  const run = runInProcess(args, { cwd, ...service });
  const lines = createWriteStream(list);
  lines.write(`${web.url}/slow.png\n`);
  await web.seen(1);
  lines.end('nope.png\n');
  expect((await run).code).toBe(2);
  await gone;
  expect(service.requests).toHaveLength(0);
});

describe('in a log', () => {
  /** Describes six pictures, of which the fifth takes two minutes. */
  async function slowly(...flags: string[]) {
    const cwd = await album(6);
    const time = handClock();
    const server = await albumServer((number) => {
      if (number === 4) time.pass(120_000);
    });
    const args = [...FOLDER, '-c', '1', ...flags];
    return { ...(await runInProcess(args, { cwd, ...server, clock: time })), time };
  }

  test('a long run says every minute how far it is', async () => {
    const { code, stderr, time } = await slowly();
    expect(code).toBe(0);
    const lines = stderr.split('\n').filter((line) => line.startsWith('gemini-image: '));
    expect(lines).toEqual([
      'gemini-image: 4 done, 4 a minute, $0.0015',
      'gemini-image: 4 done, 2 a minute, $0.0015; nothing finished in the last minute',
    ]);
    expect(time.timers()).toBe(0);
  });

  test('--quiet prints nothing', async () => {
    expect((await slowly('--quiet')).stderr).toBe('');
  });
});

// A whole job under a real Slurm on this machine alone: an array of 4 tasks describes 2,000 pictures by the
// emulator, one task is killed and runs again, and the ledgers are merged. Every picture must be
// in the result, and none twice. It takes Slurm and munge of the system, and leaves nothing behind.
import { execFile, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { availableParallelism, hostname, tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';

const PICTURES = 2000;
const SHARDS = 4;
/** In milliseconds, for the array from its beginning to its end. */
const PATIENCE_MS = 8 * 60_000;

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const BIN = path('dist/bin.cjs');
const PATHS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
const call = promisify(execFile);

function locate(name) {
  return PATHS.map((folder) => join(folder, name)).find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

class Unfit extends Error {}

/** What has to be ended, the last begun first. */
const endings = [];

/** Starts what goes on by itself, with its words in a file. */
async function start(program, args, { folder, env }) {
  const name = program.split('/').at(-1);
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const gone = new Promise((resolve) => child.once('close', resolve));
  const failed = new Promise((resolve) => child.once('error', resolve));
  endings.push(async () => {
    child.kill('SIGTERM');
    await Promise.race([
      gone,
      wait(5000, undefined, { ref: false }).then(() => child.kill('SIGKILL')),
    ]);
    await writeFile(join(folder, `${name}.said`), said);
  });
  return {
    said: () => said,
    expectAlive: async () => {
      const ended = await Promise.race([gone, failed, wait(0, 'alive')]);
      if (ended !== 'alive') throw new Unfit(`${name} has ended: ${said.trim() || ended}`);
    },
  };
}

/** Waits until something holds, and says what it waited for where it never does. */
async function until(what, holds, { patienceMs = 30_000, everyMs = 200 } = {}) {
  const end = performance.now() + patienceMs;
  for (;;) {
    const value = await holds();
    if (value) return value;
    if (performance.now() > end) throw new Error(`in vain waited for ${what}`);
    await wait(everyMs);
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Slurm with this machine as its controller and its only node. */
async function startSlurm(programs, folder) {
  const host = hostname().split('.')[0];
  const { username } = userInfo();
  const socket = join(folder, 'munge/socket');
  await mkdir(join(folder, 'munge'), { recursive: true });
  await chmod(folder, 0o755);
  await writeFile(join(folder, 'munge/key'), crypto.getRandomValues(new Uint8Array(128)), {
    mode: 0o400,
  });
  for (const name of ['state', 'spool']) await mkdir(join(folder, name));
  const lines = {
    ClusterName: 'alone',
    SlurmctldHost: `${host}(127.0.0.1)`,
    SlurmctldPort: await freePort(),
    SlurmdPort: await freePort(),
    SlurmUser: username,
    SlurmdUser: username,
    AuthType: 'auth/munge',
    AuthInfo: `socket=${socket}`,
    CredType: 'cred/munge',
    StateSaveLocation: join(folder, 'state'),
    SlurmdSpoolDir: join(folder, 'spool'),
    SlurmctldPidFile: join(folder, 'slurmctld.pid'),
    SlurmdPidFile: join(folder, 'slurmd.pid'),
    SlurmctldLogFile: join(folder, 'slurmctld.log'),
    SlurmdLogFile: join(folder, 'slurmd.log'),
    ProctrackType: 'proctrack/linuxproc',
    TaskPlugin: 'task/none',
    JobAcctGatherType: 'jobacct_gather/none',
    MpiDefault: 'none',
    SwitchType: 'switch/none',
    SelectType: 'select/cons_tres',
    SelectTypeParameters: 'CR_CPU',
    // A machine with fewer cores than tasks is to run all of them at once.
    SlurmdParameters: 'config_overrides',
    ReturnToService: 2,
    // What Slurm requeues it begins after two minutes at the earliest, and then soon.
    SchedulerParameters: 'sched_interval=2,bf_interval=2',
    MinJobAge: 3600,
    KillWait: 5,
    MailProg: '/bin/true',
  };
  const config = [
    ...Object.entries(lines).map(([name, value]) => `${name}=${value}`),
    `NodeName=${host} NodeAddr=127.0.0.1 CPUs=${Math.max(SHARDS, availableParallelism())} State=UNKNOWN`,
    `PartitionName=all Nodes=${host} Default=YES MaxTime=INFINITE State=UP`,
  ];
  const conf = join(folder, 'slurm.conf');
  await writeFile(conf, `${config.join('\n')}\n`);
  const env = { ...process.env, SLURM_CONF: conf, PATH: PATHS.join(delimiter) };
  const mungeArgs = [
    ['--foreground', '--force', `--socket=${socket}`, `--key-file=${join(folder, 'munge/key')}`],
    [`--log-file=${join(folder, 'munge/log')}`, `--pid-file=${join(folder, 'munge/pid')}`],
    [`--seed-file=${join(folder, 'munge/seed')}`],
  ].flat();
  const munged = await start(programs.munged, mungeArgs, { folder, env });
  await until('munged', async () => {
    await munged.expectAlive();
    return (await readdir(join(folder, 'munge'))).includes('socket');
  });
  const controller = await start(programs.slurmctld, ['-D', '-f', conf], { folder, env });
  const node = await start(programs.slurmd, ['-D', '-f', conf, '-N', host], { folder, env });
  await until('the node to be idle', async () => {
    await controller.expectAlive();
    await node.expectAlive();
    const { stdout } = await call(programs.sinfo, ['-h', '-o', '%T'], { env }).catch(() => ({
      stdout: '',
    }));
    return stdout.trim() === 'idle';
  });
  return env;
}

async function makePictures(folder) {
  await mkdir(folder);
  for (let number = 0; number < PICTURES; number += 1) {
    // Each is another one: equal pictures would be asked about once.
    const background = { r: number & 255, g: number >> 8, b: 90 };
    const image = sharp({ create: { width: 16, height: 16, channels: 3, background } });
    await image.png().toFile(join(folder, `p${String(number).padStart(4, '0')}.png`));
  }
}

/** A service that takes a while for each answer, so that a task can be killed in the middle. */
async function startEmulator(folder) {
  const args = [BIN, 'emulator', '--port', '0', '--latency', '20'];
  const emulator = await start(process.execPath, args, { folder, env: process.env });
  return until('the emulator', async () => {
    await emulator.expectAlive();
    return /http:\/\/127\.0\.0\.1:\d+/.exec(emulator.said())?.[0];
  });
}

async function recordsIn(file) {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

async function run(folder) {
  const programs = {};
  const missing = [];
  for (const name of [
    'munged',
    'slurmctld',
    'slurmd',
    'sinfo',
    'sbatch',
    'srun',
    'scontrol',
    'squeue',
  ]) {
    programs[name] = locate(name);
    if (!programs[name]) missing.push(name);
  }
  if (missing.length > 0) {
    throw new Unfit(
      `Slurm is missing here (${missing.join(', ')}), so nothing was tested. On Debian: apt-get install slurm-wlm munge`,
    );
  }
  if (!existsSync(BIN)) throw new Unfit('dist/ is missing: npm run build');
  const pictures = join(folder, 'pictures');
  const results = join(folder, 'results');
  console.log(`making ${PICTURES} pictures`);
  await makePictures(pictures);
  console.log('starting munge and Slurm');
  const slurm = await startSlurm(programs, folder);
  const url = await startEmulator(folder);
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await writeFile(
    join(bin, 'gemini-image'),
    `#!/bin/sh\nexec '${process.execPath}' '${BIN}' "$@"\n`,
    { mode: 0o755 },
  );
  const env = {
    ...slurm,
    PATH: `${bin}${delimiter}${slurm.PATH}`,
    GOOGLE_GEMINI_BASE_URL: url,
    GEMINI_API_KEY: 'a-key-for-the-emulator',
    ...{ PICTURES: pictures, RESULTS: results, SHARDS: String(SHARDS), RPM: '1000000' },
  };
  const options = ['--parsable', `--array=1-${SHARDS}`, '--cpus-per-task=1', '--mem=0'];
  const output = ['--chdir', folder, '--output', join(folder, 'task-%a.log')];
  const script = path('examples/slurm/captions.sbatch');
  const submitted = await call(programs.sbatch, [...options, ...output, script], { env });
  const job = submitted.stdout.trim();
  console.log(`array ${job} is submitted`);
  const ledger = (shard) => join(results, `captions.${shard}-of-${SHARDS}.jsonl`);
  const states = async () => {
    const args = ['-h', '-r', '-t', 'all', '-j', job, '-o', '%K %T'];
    const { stdout } = await call(programs.squeue, args, { env });
    return new Map(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' ')),
    );
  };
  const killed = 2;
  const before = await until(
    `the first records of task ${killed}`,
    async () => {
      const { length } = await recordsIn(ledger(killed));
      return length >= 20 ? length : 0;
    },
    { patienceMs: 60_000, everyMs: 20 },
  );
  await call(programs.scontrol, ['requeue', `${job}_${killed}`], { env });
  console.log(`task ${killed} is killed after ${before} records, and requeued`);
  const last = await until(
    'the end of the array',
    async () => {
      const now = await states();
      // What failed does not begin again by itself.
      const isOver = [...now.values()].every((state) => /COMPLETED|FAILED|CANCELLED/.test(state));
      return isOver ? now : undefined;
    },
    { patienceMs: PATIENCE_MS, everyMs: 500 },
  );
  for (let shard = 1; shard <= SHARDS; shard += 1) {
    const log = readFileSync(join(folder, `task-${shard}.log`), 'utf8');
    const [line = 'no summary'] = log.match(/^shard \d+ of \d+: .*$/gm)?.slice(-1) ?? [];
    console.log(`task ${shard}: ${last.get(String(shard))}; ${line}`);
  }
  const log = readFileSync(join(folder, `task-${killed}.log`), 'utf8');
  const merged = join(results, 'captions.jsonl');
  const ledgers = Array.from({ length: SHARDS }, (_, index) => ledger(index + 1));
  const { stderr } = await call(process.execPath, [BIN, 'merge', ...ledgers, '-o', merged]);
  console.log(stderr.trim());
  const records = await recordsIn(merged);
  const ok = records.filter(({ status }) => status === 'ok');
  const asked = (await Promise.all(ledgers.map(recordsIn))).flat();
  const names = new Set(ok.map(({ image }) => image));
  const failures = [
    last.size !== SHARDS && `there were ${last.size} tasks`,
    [...last.values()].some((state) => state !== 'COMPLETED') && 'not all tasks are completed',
    ok.length !== PICTURES && `${ok.length} pictures of ${PICTURES} have an answer`,
    records.length !== PICTURES && `there are ${records.length} records`,
    names.size !== ok.length && 'a picture is there twice',
    asked.length !== PICTURES && `the shards have ${asked.length} records together`,
    !/done before/.test(log) && `task ${killed} did not go on with its ledger`,
  ].filter((failure) => failure !== false);
  if (failures.length > 0) throw new Error(failures.join('; '));
  console.log(`${names.size} of ${PICTURES}, none twice`);
}

const folder = await mkdtemp(join(tmpdir(), 'gemini-image-slurm-'));
let failed = false;
try {
  await run(folder);
} catch (error) {
  failed = true;
  console.error(`test:slurm: ${error instanceof Error ? error.message : error}`);
  if (!(error instanceof Unfit)) console.error(error);
}
for (const end of endings.reverse()) await end();
if (failed) process.exitCode = 1;
if (failed && endings.length > 0) console.error(`what was said is in ${folder}`);
else await rm(folder, { recursive: true, force: true });

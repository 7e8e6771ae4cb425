// Preloaded into both sides: writes what the process has used, at its end, to the file that
// BENCH_USAGE names. A decoder process, which is killed, leaves its part beside that file whenever it
// says something, and the program adds it to its own; so does a thread with what it has loaded. CommonJS, so that it
// does not make `node -e 0` load the ES module loader.
const { readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { basename, dirname, join } = require('node:path');
const { isMainThread, threadId } = require('node:worker_threads');

const addons = [];
const { dlopen } = process;
process.dlopen = (module, file, ...flags) => {
  addons.push(file);
  return dlopen.call(process, module, file, ...flags);
};

const file = process.env.BENCH_USAGE;

function usage() {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return {
    cpuMs: (userCPUTime + systemCPUTime) / 1000,
    peakMb: (peakOfProgram() ?? maxRSS) / 1024,
    loadsSharp: addons.some((name) => /sharp/.test(name)),
  };
}

const { send } = process;
if (!isMainThread) {
  // What it has used is the process's own.
  process.on('exit', () => {
    const part = { ...usage(), cpuMs: 0 };
    writeFileSync(`${file}.${process.pid}-${threadId}`, JSON.stringify(part));
  });
} else if (send) {
  process.send = (...args) => {
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(usage()));
    return send.apply(process, args);
  };
} else {
  process.on('exit', () => {
    const total = usage();
    for (const name of readdirSync(dirname(file))) {
      if (!name.startsWith(`${basename(file)}.`)) continue;
      const part = join(dirname(file), name);
      const { cpuMs, loadsSharp } = JSON.parse(readFileSync(part, 'utf8'));
      total.cpuMs += cpuMs;
      total.loadsSharp ||= loadsSharp;
      rmSync(part);
    }
    writeFileSync(file, JSON.stringify(total));
  });
}

/** In KiB. On Linux `maxRSS` begins with the parent's memory; this is the program's own. */
function peakOfProgram() {
  try {
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  } catch {
    return undefined;
  }
}

// Preloaded into both sides: writes what the process has used, at its end, to the file that
// BENCH_USAGE names. CommonJS, so that it does not make `node -e 0` load the ES module loader.
const { readFileSync, writeFileSync } = require('node:fs');

const addons = [];
const { dlopen } = process;
process.dlopen = (module, file, ...flags) => {
  addons.push(file);
  return dlopen.call(process, module, file, ...flags);
};

process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const usage = {
    cpuMs: (userCPUTime + systemCPUTime) / 1000,
    peakMb: (peakOfProgram() ?? maxRSS) / 1024,
    loadsSharp: addons.some((file) => /sharp/.test(file)),
  };
  writeFileSync(process.env.BENCH_USAGE, JSON.stringify(usage));
});

/** In KiB. On Linux `maxRSS` begins with the parent's memory; this is the program's own. */
function peakOfProgram() {
  try {
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  } catch {
    return undefined;
  }
}

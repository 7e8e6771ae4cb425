// Preloaded into both sides: writes what the process has used, at its end, to the file that
// BENCH_USAGE names. CommonJS, so that it does not make `node -e 0` load the ES module loader.
// On Linux a child's peak memory begins with its parent's, which is less than half of any side's.
const { writeFileSync } = require('node:fs');

process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const usage = { cpuMs: (userCPUTime + systemCPUTime) / 1000, peakMb: maxRSS / 1024 };
  writeFileSync(process.env.BENCH_USAGE, JSON.stringify(usage));
});

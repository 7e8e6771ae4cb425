// Preloaded: tells at the end, in the file that BENCH_TURNS names, the longest time in milliseconds for
// which the event loop was stopped. It is the CPU time of the process between two turns, since other
// programs may keep it waiting for longer. The first turns, in which the program is loaded, do not count. Of a program
// that does its work in a thread, that thread is watched; it must start no thread itself.
const { writeFileSync } = require('node:fs');

const LOADED_MS = 500;

let longest = 0;
let last;

function turn() {
  const { user, system } = process.cpuUsage(last);
  if (last) longest = Math.max(longest, (user + system) / 1000);
  last = process.cpuUsage();
  setImmediate(turn).unref();
}

const beginning = setTimeout(turn, LOADED_MS).unref();
let isWatched = true;
process.on('worker', () => {
  clearTimeout(beginning);
  isWatched = false;
});
process.on('exit', () => {
  if (isWatched) writeFileSync(process.env.BENCH_TURNS, String(longest));
});

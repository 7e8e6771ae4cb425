import { cpus, loadavg } from 'node:os';
import { pieces } from './pieces.mjs';
import { median, quantile } from './statistics.mjs';

const FIRST_CHARACTER_MS = 15;

export const heading = {
  name: 'measure',
  candidate: 'gemini-image',
  floor: 'floor',
  ratio: 'ratio',
  limit: 'limit',
  verdict: 'verdict',
};

export function comparisonRow({ name, unit, limit }, candidate, floor) {
  const ratio = median(candidate) / median(floor);
  return {
    name,
    candidate: spread(candidate, unit),
    floor: spread(floor, unit),
    ratio: `${ratio.toFixed(2)} ×`,
    ...(limit === undefined
      ? { limit: '', verdict: '' }
      : { limit: `${limit.toFixed(2)} ×`, verdict: verdict(ratio <= limit) }),
  };
}

export function streamRows(streams) {
  const first = streams.flatMap(({ delays }) => delays.slice(0, 1));
  const later = streams.flatMap(({ delays }) => delays.slice(1));
  const stalled = streams.filter((stream) => stream.stalled).length;
  const row = (facts) => ({ floor: '', ratio: '', limit: '', verdict: '', ...facts });
  return [
    row({
      name: 'first streamed character after the first event',
      candidate: spread(first, 'ms'),
      limit: `${FIRST_CHARACTER_MS} ms`,
      verdict: verdict(median(first) <= FIRST_CHARACTER_MS),
    }),
    row({ name: 'each later event', candidate: spread(later, 'ms') }),
    row({
      name: `streams with one of ${pieces.length} events held back`,
      candidate: `${stalled} of ${streams.length}`,
      limit: '0',
      verdict: verdict(stalled === 0),
    }),
  ];
}

export function printTable(rows) {
  const columns = Object.keys(heading);
  const widths = columns.map((column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    console.log(
      columns
        .map((column, at) => row[column].padEnd(widths[at]))
        .join('  ')
        .trimEnd(),
    );
  }
}

export function machine() {
  const [cpu] = cpus();
  const load = loadavg()[0].toFixed(1);
  return `node ${process.version}, ${cpus().length} × ${cpu?.model ?? 'CPU'}, ${process.platform} ${process.arch}, load ${load}`;
}

export const missed = ({ verdict }) => verdict === 'FAIL';

const verdict = (holds) => (holds ? 'pass' : 'FAIL');

/** The median, and between which values the middle half lies. */
function spread(values, unit) {
  const [low, high] = [0.25, 0.75].map((share) => quantile(values, share).toFixed(1));
  return `${median(values).toFixed(1)} ${unit} (${low}–${high})`;
}

import { cpus, loadavg } from 'node:os';
import { pieces } from './pieces.mjs';
import { median, quantile } from './statistics.mjs';

const FIRST_CHARACTER_MS = 15;
const LINK_MBITS = 20;
/** A link that is off by more tells nothing. */
const LINK_TOLERANCE = 0.02;

export const heading = {
  name: 'measure',
  candidate: 'gemini-image',
  floor: 'floor',
  compared: 'compared',
  limit: 'limit',
  verdict: 'verdict',
};

/** How the medians of two sides become the number that a limit is for. */
const comparisons = {
  ratio: { of: (candidate, floor) => candidate / floor, show: (value) => `${value.toFixed(2)} ×` },
  more: {
    of: (candidate, floor) => candidate - floor,
    show: (value, unit) => `${value < 0 ? '' : '+'}${value.toFixed(1)} ${unit}`,
  },
  alone: { of: (candidate) => candidate, show: (value, unit) => `${value.toFixed(1)} ${unit}` },
};

/**
 * The rows of a measure. Each has a `name` and takes a number of `unit` from what a run returned
 * with `of`; the medians, compared `by` their ratio if nothing else is said, must not be over
 * `limit` or under `least`. Without either, it is told only. A row with `is` instead counts runs,
 * of which there must be none.
 */
export function rowsOf({ rows }, candidate, floor) {
  return rows.map((row) =>
    row.is ? countRow(row.name, candidate.map(row.is)) : comparisonRow(row, candidate, floor),
  );
}

function comparisonRow({ name, unit, of, by = 'ratio', limit, least }, candidate, floor) {
  const { of: compare, show } = comparisons[by];
  const isAlone = by === 'alone';
  const [ours, theirs] = [candidate.map(of), isAlone ? [] : floor.map(of)];
  const value = compare(median(ours), median(theirs));
  return rowWith({
    name,
    candidate: spread(ours, unit),
    floor: isAlone ? '' : spread(theirs, unit),
    compared: isAlone ? '' : show(value, unit),
    ...(limit !== undefined && { limit: show(limit, unit), verdict: verdict(value <= limit) }),
    ...(least !== undefined && {
      limit: `≥ ${show(least, unit)}`,
      verdict: verdict(value >= least),
    }),
  });
}

export function streamRows(streams) {
  const first = streams.flatMap(({ delays }) => delays.slice(0, 1));
  const later = streams.flatMap(({ delays }) => delays.slice(1));
  return [
    rowWith({
      name: 'first streamed character after the first event',
      candidate: spread(first, 'ms'),
      limit: `${FIRST_CHARACTER_MS} ms`,
      verdict: verdict(median(first) <= FIRST_CHARACTER_MS),
    }),
    rowWith({ name: 'each later event', candidate: spread(later, 'ms') }),
    countRow(
      `streams with one of ${pieces.length} events held back`,
      streams.map(({ stalled }) => stalled),
    ),
  ];
}

/** @param rates of the requests that went over the link, in Mbit/s. */
export function linkRow(rates) {
  const isRight = Math.abs(median(rates) / LINK_MBITS - 1) <= LINK_TOLERANCE;
  return rowWith({
    name: 'the rate of that link',
    floor: spread(rates, 'Mbit/s'),
    limit: `${LINK_MBITS} ± ${LINK_MBITS * LINK_TOLERANCE} Mbit/s`,
    verdict: verdict(isRight),
  });
}

function countRow(name, happened) {
  const count = happened.filter(Boolean).length;
  return rowWith({
    name,
    candidate: `${count} of ${happened.length}`,
    limit: '0',
    verdict: verdict(count === 0),
  });
}

const rowWith = (facts) => ({
  candidate: '',
  floor: '',
  compared: '',
  limit: '',
  verdict: '',
  ...facts,
});

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

/** A measure that came to nothing, by its first row; what went wrong is told beside the table. */
export function brokenRow({ rows }) {
  return rowWith({ name: rows[0].name, candidate: 'broken, see above', verdict: verdict(false) });
}

export const missed = ({ verdict }) => verdict === 'FAIL';

const verdict = (holds) => (holds ? 'pass' : 'FAIL');

/** The median and, of more than one value, between which the middle half lies. */
function spread(values, unit) {
  if (values.length === 1) return `${values[0].toFixed(1)} ${unit}`;
  const [low, high] = [0.25, 0.75].map((share) => quantile(values, share).toFixed(1));
  return `${median(values).toFixed(1)} ${unit} (${low}–${high})`;
}

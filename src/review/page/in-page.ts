// The rows of a page that was written once: they stand in it.
import type { WholeLedger } from '../api.js';
import { Finder } from '../finder.js';
import { isOpen, nameOf } from '../matching.js';
import type { Source } from './source.js';

/** As `review/static/one-file.ts` has it. */
const DATA_ID = 'ledger';

export function inPage(): Source {
  const data = document.getElementById(DATA_ID);
  const { state, rows }: WholeLedger = JSON.parse(data?.textContent ?? '');
  // Its text would be in memory twice.
  data?.remove();
  const finder = new Finder({
    count: rows.length,
    view: (position) => rows[position],
    nameAt: (position) => nameOf(rows[position] ?? { pictures: [] }),
    pause: breath(),
  });
  const { version } = state;
  return {
    viewIn: 'hash',
    state: () => Promise.resolve(state),
    async find(query) {
      if (isOpen(query)) return { version, total: rows.length };
      const positions = await finder.find(query);
      return { version, positions: [...positions], total: positions.length };
    },
    rows: (positions) => Promise.resolve(positions.flatMap((position) => rows[position] ?? [])),
    counts: () => finder.counts(),
    // Nothing changes.
    follow() {},
  };
}

/** In milliseconds: so long, a look at many rows may keep the page from being drawn. */
const MOST_AT_ONCE = 12;

function breath(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < MOST_AT_ONCE) return;
    await new Promise((done) => setTimeout(done));
    since = performance.now();
  };
}

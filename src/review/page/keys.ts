// The keys of the page. Fields stop those that are typed into them.
import type { Store } from './store.js';

/** Where keys have another meaning. */
const TYPED = 'input:not([type=checkbox]), textarea, select, dialog, [contenteditable]';

export function onKey(event: KeyboardEvent, store: Store): void {
  const { key, ctrlKey, metaKey, altKey, target } = event;
  if (target instanceof Element && target.closest(TYPED)) return;
  if (store.dialog) return;
  if (store.isComing) {
    event.preventDefault();
    return;
  }
  if ((ctrlKey || metaKey) && key.toLowerCase() === 'z' && !altKey) {
    event.preventDefault();
    if (store.source.work) store.undo();
    return;
  }
  if (ctrlKey || metaKey || altKey) return;
  // Enter and the space bar press a button that has the focus.
  const isOnButton = target instanceof Element && target.closest('button, a, summary, input');
  if (isOnButton && (key === 'Enter' || key === ' ')) return;
  const act = ACTIONS[key] ?? (/^[1-9]$/.test(key) ? editNth(Number(key)) : undefined);
  if (!act) return;
  if (act(store) === false) return;
  event.preventDefault();
}

type Act = (store: Store) => unknown;

/** Those that change something do nothing in a page that is only shown. */
const ifWork =
  (act: Act): Act =>
  (store) =>
    store.source.work ? act(store) : false;

const editNth = (number: number): Act => ifWork((store) => store.edit(number - 1));
const move =
  (steps: (store: Store) => number): Act =>
  (store) =>
    store.select(store.view.selected + steps(store));
/** In the grid a line, else a picture. */
const line = ({ view, columns }: Store) => (view.mode === 'grid' ? columns : 1);

const ACTIONS: Readonly<Record<string, Act>> = {
  j: move(() => 1),
  k: move(() => -1),
  ArrowRight: move(() => 1),
  ArrowLeft: move(() => -1),
  ArrowDown: move(line),
  ArrowUp: move((store) => -line(store)),
  PageDown: (store) =>
    store.view.mode === 'grid' ? store.select(store.view.selected + 3 * store.columns) : false,
  PageUp: (store) =>
    store.view.mode === 'grid' ? store.select(store.view.selected - 3 * store.columns) : false,
  Home: (store) => store.select(0),
  End: (store) => store.select(store.view.total - 1),
  Enter: (store) => store.show(store.view.mode === 'grid' ? 'single' : 'grid'),
  Escape: (store) => (store.view.mode === 'single' ? store.show('grid') : false),
  e: ifWork((store) => store.edit()),
  a: ifWork((store) => void store.review('accepted')),
  r: ifWork((store) => void store.review('rejected')),
  x: ifWork((store) => store.mark(store.view.positionAt(store.view.selected))),
  z: ifWork((store) => store.undo()),
  u: ifWork((store) => store.undo()),
  s: ifWork((store) => store.open('replace')),
  g: ifWork((store) => store.open('ask')),
  b: (store) => store.toggleBoxes(),
  '/': () => document.getElementById('search')?.focus(),
  '?': (store) => store.open('help'),
};

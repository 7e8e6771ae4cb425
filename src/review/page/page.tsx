// The page. It begins with what is there, and draws itself anew with each change of the store.
import { render } from 'preact';
import { useEffect, useLayoutEffect, useReducer } from 'preact/hooks';
import { Dialogs } from './dialogs.js';
import { Grid } from './grid.js';
import { Head } from './head.js';
import { onKey } from './keys.js';
import { Single } from './single.js';
import type { Source } from './source.js';
import { Store } from './store.js';
import type { Tools } from './tools.js';

function Page({ store }: { store: Store }) {
  const [, draw] = useReducer((turn: number, _: undefined) => turn + 1, 0);
  // At once: what is there before the first frame would be missed.
  useLayoutEffect(() => store.listen(() => draw(undefined)), [store]);
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event, store);
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, [store]);
  return (
    <>
      <Head store={store} />
      <Notices store={store} />
      <main>
        {store.view.total === 0 ? (
          <Nothing store={store} />
        ) : store.view.mode === 'grid' ? (
          <Grid store={store} />
        ) : (
          <Single store={store} />
        )}
      </main>
      {store.tools && <store.tools.Progress store={store} />}
      <div class="toasts" aria-live="polite">
        {store.toasts.map(({ id, text, isTrouble }) => (
          <p key={id} class={isTrouble ? 'toast trouble' : 'toast'}>
            {text}
            <button type="button" aria-label="Close" onClick={() => store.dismiss(id)}>
              ×
            </button>
          </p>
        ))}
      </div>
      <Dialogs store={store} />
    </>
  );
}

/** What the person should know: the server is gone, or the ledger is not free. */
function Notices({ store }: { store: Store }) {
  const { state, isLost, unsaved } = store;
  const waiting = (count: number) => `${count} ${count === 1 ? 'change waits' : 'changes wait'}`;
  const [draft] = store.drafts
    .all()
    .filter(({ position, kind, name }) => !store.isEditing(position, kind, name));
  const index = draft ? store.view.indexOf(draft.position) : -1;
  return (
    <div class="notices" aria-live="polite">
      {isLost && (
        <p class="notice trouble">
          The server is out of reach.
          {store.waiting > 0 && ` ${waiting(store.waiting)} in this browser until it is back.`}{' '}
          Start “gemini-image review” again, and open the address that it prints.
        </p>
      )}
      {!isLost && state.trouble !== undefined && (
        <p class="notice trouble">The ledger cannot be read now: {state.trouble}.</p>
      )}
      {!isLost && unsaved !== undefined && (
        <p class="notice trouble">
          {waiting(store.waiting)} in this browser, and cannot be saved now: {unsaved}
        </p>
      )}
      {!isLost && state.kept > 0 && (
        <p class="notice">
          {waiting(state.kept)} beside the ledger: {state.holder}. They are saved as soon as it is
          free.
        </p>
      )}
      {draft && index >= 0 && store.source.work && (
        <p class="notice">
          There are words that were not saved.
          <button
            type="button"
            class="quiet"
            onClick={() => {
              store.select(index, false);
              store.startEditing(draft);
            }}
          >
            Go on with them
          </button>
        </p>
      )}
    </div>
  );
}

function Nothing({ store }: { store: Store }) {
  const isFiltered = Object.keys(store.view.query).length > 0;
  return (
    <div class="nothing">
      <p>{isFiltered ? 'Nothing is found.' : 'The ledger has no record yet.'}</p>
      {isFiltered && (
        <button type="button" onClick={() => void store.view.lookAtAll()}>
          Show all
        </button>
      )}
    </div>
  );
}

/**
 * Shows the page, with the rows of a source.
 *
 * @param tools by which they are changed; those of a source that cannot change anything go without.
 */
export function begin(source: Source, tools?: Tools): void {
  show(source, tools).catch((error: unknown) => {
    document.body.textContent = `The page cannot begin: ${error instanceof Error ? error.message : String(error)}`;
  });
}

async function show(source: Source, tools: Tools | undefined): Promise<void> {
  const place = document.getElementById('page');
  if (!place) return;
  const store = new Store(source, await source.state(), tools);
  document.title = `${store.state.ledger.split(/[\\/]/).at(-1)} – review`;
  await store.begin();
  place.replaceChildren();
  render(<Page store={store} />, place);
}

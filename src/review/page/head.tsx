// What is looked for, how much there is of it, and what can be done with it.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Counts, Query } from '../api.js';
import type { Store } from './store.js';

const SEARCH_MS = 200;
/** The name in the parameters, and what a person calls it. */
type Choice = readonly [value: string, label: string];

const SORTS: readonly Choice[] = [
  ['', 'as in the ledger'],
  ...([
    ['name', 'by name'],
    ['words', 'by words'],
    ['chars', 'by characters'],
    ['cost', 'by cost'],
    ['at', 'by the time of review'],
    ['status', 'failures first'],
  ] as const),
];

export function Head({ store }: { store: Store }) {
  const [isOpen, setOpen] = useState(false);
  const filters = Object.keys(store.view.query).filter(
    (name) => !['q', 'sort', 'order'].includes(name),
  );
  return (
    <header class="head">
      <div class="bar">
        <h1 title={store.state.ledger}>{store.state.ledger.split(/[\\/]/).at(-1)}</h1>
        <Search store={store} />
        <button
          type="button"
          aria-expanded={isOpen || filters.length > 0}
          aria-controls="filters"
          onClick={() => setOpen(!isOpen)}
        >
          Filter{filters.length > 0 ? ` (${filters.length})` : ''}
        </button>
        <Tools store={store} />
      </div>
      {(isOpen || filters.length > 0) && <Filters store={store} />}
      <Found store={store} />
    </header>
  );
}

function Search({ store }: { store: Store }) {
  const { q = '' } = store.view.query;
  const [typed, setTyped] = useState(q);
  const timer = useRef(0);
  useEffect(() => setTyped(q), [q]);
  const look = (text: string) => {
    clearTimeout(timer.current);
    void store.view.look({ q: text });
  };
  return (
    <search class="search">
      <input
        id="search"
        type="search"
        aria-label="Search answers and names"
        placeholder="Search   /"
        value={typed}
        onInput={({ currentTarget: { value } }) => {
          setTyped(value);
          clearTimeout(timer.current);
          timer.current = window.setTimeout(() => look(value), SEARCH_MS);
        }}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === 'Enter') look(event.currentTarget.value);
          if (event.key === 'Enter' || event.key === 'Escape') {
            event.currentTarget.blur();
            store.focusTurn += 1;
            store.tell();
          }
        }}
      />
    </search>
  );
}

function Tools({ store }: { store: Store }) {
  const { work } = store.source;
  const marked = store.marked.size;
  return (
    <div class="tools">
      <select
        aria-label="Order"
        value={store.view.query.sort ?? ''}
        onChange={({ currentTarget: { value } }) => void store.view.look({ sort: value })}
      >
        {SORTS.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      {store.view.query.sort !== undefined && (
        <button
          type="button"
          aria-label="From the end"
          aria-pressed={store.view.query.order === 'down'}
          onClick={() => {
            void store.view.look({ order: store.view.query.order ? undefined : 'down' });
          }}
        >
          ↑↓
        </button>
      )}
      {work && (
        <>
          <button type="button" onClick={() => store.markAll()}>
            {marked > 0 ? `${marked.toLocaleString('en')} marked` : 'Mark all'}
          </button>
          <button type="button" onClick={() => store.open('replace')}>
            Replace…
          </button>
          <button type="button" onClick={() => store.open('ask')}>
            Ask again…
          </button>
          <button
            type="button"
            disabled={store.undoable === undefined}
            title={store.undoable === undefined ? 'Nothing to undo' : `Undo: ${store.undoable}`}
            onClick={() => store.undo()}
          >
            Undo
          </button>
        </>
      )}
      <button type="button" aria-label="Keys" onClick={() => store.open('help')}>
        ?
      </button>
    </div>
  );
}

function Filters({ store }: { store: Store }) {
  const { counts } = store;
  const { query } = store.view;
  const choose = (name: keyof Query, label: string, choices: readonly Choice[]) => (
    <label key={name}>
      <span>{label}</span>
      <select
        value={query[name] ?? ''}
        onChange={({ currentTarget: { value } }) => void store.view.look({ [name]: value })}
      >
        <option value="">any</option>
        {choices.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
  const numbered = (text: string, count: number | undefined) =>
    count === undefined ? text : `${text} (${count.toLocaleString('en')})`;
  const named = (of: Readonly<Record<string, number>> = {}): readonly Choice[] =>
    Object.entries(of).map(([name, count]) => [name, numbered(name, count)]);
  const is = (text: string, key: keyof Counts): string => {
    const count = counts?.[key];
    return numbered(text, typeof count === 'number' ? count : undefined);
  };
  return (
    <fieldset class="filters" id="filters" aria-label="Filters">
      {choose('style', 'Answer', named(counts?.styles))}
      {choose('status', 'Status', [
        ['ok', is('answered', 'ok')],
        ['failed', is('failed', 'failed')],
      ])}
      {counts && counts.failed > 0 && choose('kind', 'Kind of failure', named(counts.kinds))}
      {choose('reviewed', 'Review', [
        ['none', is('not reviewed', 'unreviewed')],
        ['accepted', is('accepted', 'accepted')],
        ['rejected', is('rejected', 'rejected')],
        ['any', 'reviewed'],
      ])}
      {choose('edited', 'Words', [
        ['yes', is('edited', 'edited')],
        ['no', 'not edited'],
      ])}
      <Length store={store} />
      {counts && Object.keys(counts.tags).length > 0 && choose('tag', 'Tag', named(counts.tags))}
      {counts &&
        Object.keys(counts.models).length > 1 &&
        choose('model', 'Model', named(counts.models))}
      <label>
        <span>Cost over $</span>
        <input
          type="number"
          min="0"
          step="any"
          value={query.cost ?? ''}
          onChange={({ currentTarget: { value } }) => void store.view.look({ cost: value })}
          onKeyDown={(event) => event.stopPropagation()}
        />
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={query.differs === 'yes'}
          onChange={({ currentTarget: { checked } }) =>
            void store.view.look({ differs: checked ? 'yes' : undefined })
          }
        />
        {is('differs from the last answer', 'differs')}
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={query.duplicates === 'yes'}
          onChange={({ currentTarget: { checked } }) =>
            void store.view.look({ duplicates: checked ? 'yes' : undefined })
          }
        />
        {is('says the same as another', 'duplicates')}
      </label>
      <button type="button" onClick={() => void store.view.lookAtAll()}>
        Clear
      </button>
    </fieldset>
  );
}

/** More or fewer words or characters than a number. */
function Length({ store }: { store: Store }) {
  const [, unit = 'chars>', limit = ''] =
    /^(\w+[<>])(\d+)$/.exec(store.view.query.over ?? '') ?? [];
  const [chosen, setChosen] = useState(unit);
  const look = (next: string, number: string) =>
    void store.view.look({ over: /^\d+$/.test(number) ? `${next}${number}` : '' });
  return (
    <span class="length">
      <label>
        <span>Length</span>
        <select
          value={chosen}
          onChange={({ currentTarget: { value } }) => {
            setChosen(value);
            look(value, limit);
          }}
        >
          <option value="chars>">more characters than</option>
          <option value="words>">more words than</option>
          <option value="chars<">fewer characters than</option>
          <option value="words<">fewer words than</option>
        </select>
      </label>
      <input
        aria-label="Limit of length"
        type="number"
        min="0"
        value={limit}
        onChange={({ currentTarget: { value } }) => look(chosen, value)}
        onKeyDown={(event) => event.stopPropagation()}
      />
    </span>
  );
}

/** How much there is. Accepted, rejected, not reviewed and failed make all. */
function Found({ store }: { store: Store }) {
  const { counts, state } = store;
  const { total, isSearching, isOutdated } = store.view;
  const n = (count: number) => count.toLocaleString('en');
  return (
    <div class="found">
      <span role="status">
        {isSearching
          ? 'Looking…'
          : total === state.all
            ? `${n(total)} ${total === 1 ? 'picture' : 'pictures'}`
            : `${n(total)} of ${n(state.all)} pictures`}
      </span>
      {isOutdated && !isSearching && (
        <button type="button" class="quiet" onClick={() => store.refresh()}>
          The ledger has changed: look again
        </button>
      )}
      {counts && (
        <span class="counts">
          <span>{n(counts.accepted)} accepted</span>
          <span>{n(counts.rejected)} rejected</span>
          <span>{n(counts.unreviewed)} not reviewed</span>
          <span>{n(counts.failed)} failed</span>
          <span>{n(counts.edited)} edited</span>
        </span>
      )}
    </div>
  );
}

// The list of keys, find and replace, and asking again.
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { AskEstimate, Replaced } from '../api.js';
import { textOf } from '../matching.js';
import { Refusal } from './source.js';
import type { Store } from './store.js';

export function Dialogs({ store }: { store: Store }) {
  if (store.dialog === 'help') return <Help store={store} />;
  const { tools, dialog } = store;
  if (tools && dialog === 'replace') return <tools.Replace store={store} />;
  return tools && dialog === 'ask' ? <tools.Ask store={store} /> : null;
}

function Window({
  store,
  title,
  children,
}: {
  store: Store;
  title: string;
  children: ComponentChildren;
}) {
  const box = useRef<HTMLDialogElement>(null);
  const close = () => store.open(undefined);
  // At once, so that what is typed next goes into it, or after it is closed to the page again.
  useLayoutEffect(() => {
    box.current?.showModal();
    box.current?.querySelector<HTMLElement>('input, textarea')?.focus();
  }, []);
  return (
    <dialog
      ref={box}
      aria-label={title}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key !== 'Escape') return;
        event.preventDefault();
        close();
      }}
      onClose={close}
    >
      <header>
        <h2>{title}</h2>
        <button type="button" aria-label="Close" onClick={close}>
          ×
        </button>
      </header>
      {children}
    </dialog>
  );
}

const KEYS: readonly (readonly [keys: readonly string[], what: string, isWork?: true])[] = [
  [['j', '↓', '→'], 'next picture'],
  [['k', '↑', '←'], 'picture before'],
  [['Enter'], 'the picture by itself; Esc leads back'],
  [['e'], 'edit its answer', true],
  [['2', '3', '…'], 'edit its second answer, its third …', true],
  [['Ctrl+Enter'], 'save what is written; so does leaving the field', true],
  [['Esc'], 'leave it as it was', true],
  [['a'], 'accept; once more takes it back', true],
  [['r'], 'reject; once more takes it back', true],
  [['x'], 'mark: a, r and the rest are then about all that is marked', true],
  [['z', 'Ctrl+Z'], 'undo', true],
  [['s'], 'find and replace', true],
  [['g'], 'ask again', true],
  [['b'], 'boxes on and off'],
  [['/'], 'search'],
  [['Home', 'End'], 'first and last picture'],
  [['?'], 'these keys'],
];

function Help({ store }: { store: Store }) {
  const { work } = store.source;
  return (
    <Window store={store} title="Keys">
      <dl class="keys-list">
        {KEYS.filter(([, , isWork]) => work || !isWork).map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Window>
  );
}

function pictures(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'picture' : 'pictures'}`;
}

function whyOf(error: unknown): string {
  return error instanceof Refusal ? error.message : 'The server is out of reach.';
}

export function Replace({ store }: { store: Store }) {
  const [find, setFind] = useState('');
  const [put, setPut] = useState('');
  const [answer, setAnswer] = useState('');
  const [isCaseSensitive, setCase] = useState(false);
  const [isWholeWords, setWords] = useState(true);
  const [found, setFound] = useState<
    { changes: readonly Replaced[]; isMore: boolean } | undefined
  >();
  const [left, setLeft] = useState<ReadonlySet<number>>(new Set());
  const [trouble, setTrouble] = useState<string | undefined>(undefined);
  const marked = store.marked.size;
  const positions = marked > 0 ? [...store.marked] : store.view.all();
  useEffect(() => {
    setLeft(new Set());
    setTrouble(undefined);
    if (find === '') {
      setFound(undefined);
      return undefined;
    }
    let isOver = false;
    const timer = setTimeout(() => {
      const replacement = { find, put, answer, isCaseSensitive, isWholeWords };
      store.source.work
        ?.replace(positions, replacement)
        .then((said) => {
          if (!isOver) setFound(said);
        })
        .catch((error: unknown) => setTrouble(whyOf(error)));
    }, 250);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [find, put, answer, isCaseSensitive, isWholeWords]);
  const chosen = found?.changes.filter((_, number) => !left.has(number)) ?? [];
  const leave = (number: number) => {
    const next = new Set(left);
    if (!next.delete(number)) next.add(number);
    setLeft(next);
  };
  const replace = () => {
    void store.replace(chosen);
    store.open(undefined);
  };
  return (
    <Window store={store} title="Find and replace">
      <p class="hint">
        In{' '}
        {marked > 0 ? `the ${pictures(marked)} marked` : `all ${pictures(positions.length)} shown`}.
      </p>
      <div class="form">
        <label>
          <span>Find</span>
          <input value={find} onInput={({ currentTarget }) => setFind(currentTarget.value)} />
        </label>
        <label>
          <span>Put in its place</span>
          <input value={put} onInput={({ currentTarget }) => setPut(currentTarget.value)} />
        </label>
        <label>
          <span>In</span>
          <select value={answer} onChange={({ currentTarget }) => setAnswer(currentTarget.value)}>
            <option value="">all answers</option>
            {store.state.names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={isWholeWords}
            onChange={({ currentTarget }) => setWords(currentTarget.checked)}
          />
          whole words
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={isCaseSensitive}
            onChange={({ currentTarget }) => setCase(currentTarget.checked)}
          />
          capitals as typed
        </label>
      </div>
      {trouble !== undefined && <p class="wrong">{trouble}</p>}
      {found && (
        <ul class="preview" aria-label="Preview">
          {found.changes.length === 0 && <li>Nothing would change.</li>}
          {found.changes
            .slice(0, 200)
            .map(({ names, answer: name, before, after, position }, number) => (
              <li key={`${position} ${name}`}>
                <label class="check">
                  <input
                    type="checkbox"
                    checked={!left.has(number)}
                    onChange={() => leave(number)}
                  />
                  <span>
                    <span class="hint">
                      {names.join(', ')} · {name}
                    </span>
                    <del dir="auto">{textOf(before)}</del>
                    <ins dir="auto">{textOf(after)}</ins>
                  </span>
                </label>
              </li>
            ))}
          {found.changes.length > 200 && <li>… and {found.changes.length - 200} more</li>}
          {found.isMore && <li>These are the first 5,000; do it again for the others.</li>}
        </ul>
      )}
      <p class="actions">
        <button type="button" class="main" disabled={chosen.length === 0} onClick={replace}>
          Replace in {chosen.length.toLocaleString('en')} {chosen.length === 1 ? 'text' : 'texts'}
        </button>
      </p>
    </Window>
  );
}

export function Ask({ store }: { store: Store }) {
  const { names } = store.state;
  // Besides the answers, there may be fields.
  const hasFields = Object.keys(store.counts?.styles ?? {}).some((name) => !names.includes(name));
  const [hint, setHint] = useState('');
  const [answer, setAnswer] = useState(names[0] ?? '');
  const [price, setPrice] = useState<AskEstimate | undefined>(undefined);
  const [trouble, setTrouble] = useState<string | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const positions = store.chosen();
  const question = { positions, answer, hint };
  const act = (work: Promise<void> | undefined) => {
    setBusy(true);
    setTrouble(undefined);
    work?.catch((error: unknown) => setTrouble(whyOf(error))).finally(() => setBusy(false));
  };
  const cost = price?.costUsd;
  return (
    <Window store={store} title="Ask again">
      <p class="hint">
        About {pictures(positions.length)}, by {store.state.model}. What people edited or accepted
        stays; the new answer is put beside it.
      </p>
      <div class="form">
        {names.length + Number(hasFields) > 1 && (
          <label>
            <span>Which answer</span>
            <select
              value={answer}
              onChange={({ currentTarget }) => {
                setAnswer(currentTarget.value);
                setPrice(undefined);
              }}
            >
              {names.map((name) => (
                <option key={name}>{name}</option>
              ))}
              {hasFields && <option value="">its fields</option>}
            </select>
          </label>
        )}
        <label>
          <span>What the model should know (optional)</span>
          <textarea
            rows={2}
            placeholder="name the dog Bruno"
            value={hint}
            onInput={({ currentTarget }) => {
              setHint(currentTarget.value);
              setPrice(undefined);
            }}
          />
        </label>
      </div>
      {trouble !== undefined && (
        <p class="wrong" role="alert">
          {trouble}
        </p>
      )}
      {price && (
        <p role="status">
          {pictures(price.pictures)}, about{' '}
          <strong>{cost === undefined ? 'an unknown price' : dollars(cost)}</strong> with{' '}
          {price.model} ({price.note}).
        </p>
      )}
      <p class="actions">
        {price ? (
          <button
            type="button"
            class="main"
            disabled={isBusy}
            onClick={() => act(store.ask(question))}
          >
            Ask, for {cost === undefined ? 'an unknown price' : `about ${dollars(cost)}`}
          </button>
        ) : (
          <button
            type="button"
            class="main"
            disabled={isBusy || positions.length === 0}
            onClick={() => act(store.source.work?.price(question).then(setPrice))}
          >
            What would it cost?
          </button>
        )}
      </p>
    </Window>
  );
}

function dollars(usd: number): string {
  if (usd === 0) return '$0';
  return usd < 0.01 ? `$${usd.toPrecision(2)}` : `$${usd.toFixed(2)}`;
}

/** A run that asks again, and what came of it. */
export function Progress({ store }: { store: Store }) {
  const { asking } = store.state;
  const [hidden, setHidden] = useState<readonly number[] | undefined>(undefined);
  if (
    !asking ||
    hidden === asking.positions ||
    (hidden && asking.ended && isSame(hidden, asking.positions))
  )
    return null;
  const { done, failed, total, costUsd, ended, messages, positions } = asking;
  return (
    <section class="asking" aria-label="Asking again">
      <p role="status">
        {ended === undefined ? 'Asking' : ended === 'done' ? 'Asked' : `Asked, and ${ended}`}:{' '}
        {done} of {total} answered{failed > 0 ? `, ${failed} failed` : ''}, {dollars(costUsd)}
      </p>
      <progress max={total} value={done + failed} aria-label="Progress" />
      {messages.map((message) => (
        <p class="wrong" key={message}>
          {message}
        </p>
      ))}
      {ended === undefined ? (
        <button type="button" onClick={() => store.stopAsking()}>
          Stop
        </button>
      ) : (
        <>
          <button type="button" onClick={() => void store.view.look({ differs: 'yes' })}>
            Show what differs
          </button>
          <button type="button" onClick={() => setHidden(positions)}>
            Close
          </button>
        </>
      )}
    </section>
  );
}

function isSame(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((position, at) => position === other[at]);
}

// Many pictures at once. Only those in sight are in the page, however many there are.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { RowView } from '../api.js';
import { isList, nameOf } from '../matching.js';
import { Badges, Failure, Picture, shortName, Value } from './row.js';
import type { Store } from './store.js';

/** Browsers show nothing beyond some 33 million pixels; from here on, the scroll bar is coarser. */
const MOST_HEIGHT = 12_000_000;
const GAP = 12;
/** Below this width there is one column of low cards. */
const NARROW = 560;

interface Layout {
  columns: number;
  rowHeight: number;
  height: number;
}

function layoutFor(width: number, rem: number): Layout {
  const isNarrow = width < NARROW;
  const columns = isNarrow ? 1 : Math.max(1, Math.floor((width + GAP) / (rem * 18 + GAP)));
  return { columns, rowHeight: (isNarrow ? rem * 11 : rem * 22) + GAP, height: 0 };
}

export function Grid({ store }: { store: Store }) {
  const frame = useRef<HTMLElement>(null);
  const [size, setSize] = useState({ width: 800, height: 800, rem: 16 });
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const { current } = frame;
    if (!current) return undefined;
    const measure = () => {
      const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      setSize({ width: current.clientWidth, height: current.clientHeight, rem });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  const { columns, rowHeight } = layoutFor(size.width - 2 * GAP, size.rem);
  store.columns = columns;
  const rows = Math.ceil(store.view.total / columns);
  const whole = rows * rowHeight + GAP;
  const height = Math.min(whole, MOST_HEIGHT);
  // Where the page is scrolled to, in pixels of a page that would have its whole height.
  const most = Math.max(1, height - size.height);
  const scale = Math.max(1, (whole - size.height) / most);
  const real = top * scale;
  const first = Math.max(0, Math.floor(real / rowHeight) - 2);
  const last = Math.min(rows, Math.ceil((real + size.height) / rowHeight) + 2);
  const from = first * columns;
  const to = Math.min(store.view.total, last * columns);
  useEffect(
    () => void store.want(from, to),
    [store, from, to, store.state.version, store.view.positions],
  );

  const selectedRow = Math.floor(store.view.selected / columns);
  // The selected row comes into sight when it changes, not while one scrolls.
  useLayoutEffect(() => {
    const { current } = frame;
    if (!current) return;
    const above = selectedRow * rowHeight;
    const below = above + rowHeight + GAP - size.height;
    if (above < real) current.scrollTop = above / scale;
    // One that is higher than the page begins at its top.
    else if (below > real) current.scrollTop = Math.min(above, below) / scale;
  }, [selectedRow, rowHeight, store.view.positions, size.height]);
  const focused = useRef(0);
  // At once, so that it takes the focus from nothing that comes later. The card may come with the next drawing.
  useLayoutEffect(() => {
    if (focused.current === store.focusTurn) return;
    const isElsewhere = store.editing || store.dialog;
    const card = frame.current?.querySelector<HTMLElement>('[aria-current=true]');
    if (!isElsewhere && !card) return;
    focused.current = store.focusTurn;
    if (!isElsewhere) card?.focus({ preventScroll: true });
  });

  const cards = [];
  for (let index = from; index < to; index += 1) {
    const row = Math.floor(index / columns);
    const place = {
      top: `${row * rowHeight + GAP - real + top}px`,
      left: `calc(${GAP}px + (100% - ${GAP}px) * ${(index % columns) / columns})`,
      width: `calc((100% - ${GAP}px) / ${columns} - ${GAP}px)`,
      height: `${rowHeight - GAP}px`,
    };
    cards.push(
      <Card
        key={store.view.positionAt(index) ?? index}
        store={store}
        index={index}
        place={place}
      />,
    );
  }
  return (
    <section
      class="grid"
      ref={frame}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it.
      tabIndex={0}
      aria-label="Pictures"
      onScroll={({ currentTarget }) => setTop(currentTarget.scrollTop)}
    >
      <ul style={{ height: `${height}px` }}>{cards}</ul>
    </section>
  );
}

interface CardProps {
  store: Store;
  index: number;
  place: { top: string; left: string; width: string; height: string };
}

function Card({ store, index, place }: CardProps) {
  const row = store.rowAt(index);
  const isSelected = index === store.view.selected;
  const shared = {
    style: place,
    tabIndex: isSelected ? 0 : -1,
    'aria-setsize': store.view.total,
    'aria-posinset': index + 1,
    'aria-current': isSelected ? ('true' as const) : undefined,
  };
  if (!row) return <li class="card waiting" aria-label="loading" {...shared} />;
  const isEditing = store.editing?.position === row.position;
  // While one writes, the card grows with the text.
  const { height, ...free } = shared.style;
  const classes = ['card', isSelected && 'selected', isEditing && 'editing', row.status];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard has keys of its own for it.
    <li
      class={classes.filter(Boolean).join(' ')}
      aria-label={nameOf(row)}
      onClick={() => {
        if (!isSelected) store.select(index, false);
      }}
      onDblClick={() => store.show('single')}
      {...shared}
      style={isEditing ? { ...free, minHeight: height } : shared.style}
    >
      <CardContent store={store} row={row} index={index} />
    </li>
  );
}

function CardContent({ store, row, index }: { store: Store; row: RowView; index: number }) {
  const { tools } = store;
  const [picture] = row.pictures;
  const editing = store.editing?.position === row.position ? store.editing : undefined;
  const edited = row.answers.find(
    ({ name }) => editing?.kind === 'answer' && name === editing.name,
  );
  const open = () => {
    store.select(index, false);
    store.show('single');
  };
  return (
    <>
      <div class="thumb">{picture && <Picture picture={picture} isLarge={false} />}</div>
      <div class="card-head">
        {store.source.work && (
          <input
            type="checkbox"
            aria-label={`Mark ${nameOf(row)}`}
            checked={store.marked.has(row.position)}
            onChange={() => store.mark(row.position)}
            onClick={(event) => event.stopPropagation()}
          />
        )}
        <button type="button" class="name" onClick={open} title={nameOf(row)}>
          {shortName(row)}
          {row.pictures.length > 1 ? ` and ${row.pictures.length - 1} more` : ''}
          {row.place && <span class="hint"> {row.place.at.join(', ')}</span>}
        </button>
        <Badges of={row} isShort />
      </div>
      <div class="card-body">
        {tools && edited ? (
          <tools.AnswerEditor store={store} row={row} answer={edited} />
        ) : (
          <Summary row={row} />
        )}
      </div>
    </>
  );
}

/** The first answer, and after it what there is room for. */
function Summary({ row }: { row: RowView }) {
  if (row.status === 'failed') return <Failure row={row} />;
  const texts = [...row.answers].sort(
    (one, other) => Number(isList(one.value)) - Number(isList(other.value)),
  );
  return (
    <>
      {texts.map(({ name, value, lang }) => (
        <div key={name}>
          {texts.length > 1 && !isList(value) && <span class="hint">{name}</span>}
          <Value value={value} lang={lang} />
        </div>
      ))}
      {row.fields.map(({ name, value }) => (
        <p key={name}>
          <span class="hint">{name}</span>{' '}
          {typeof value === 'string' ? value : JSON.stringify(value)}
        </p>
      ))}
      {row.boxes.length > 0 && <p class="hint">{row.boxes.map(({ label }) => label).join(', ')}</p>}
      {row.verdicts.map(({ claim, verdict }) => (
        <p key={claim}>
          <span class={`badge ${verdict}`}>{verdict}</span> {claim}
        </p>
      ))}
    </>
  );
}

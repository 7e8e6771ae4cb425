// One picture as large as there is room for, with all that is known of it.
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { nameOf } from '../matching.js';
import {
  AnswerBlock,
  Badges,
  Boxes,
  BoxList,
  Failure,
  FieldBlock,
  Picture,
  Place,
  Verdicts,
} from './row.js';
import type { Store } from './store.js';

export function Single({ store }: { store: Store }) {
  const panel = useRef<HTMLElement>(null);
  const { selected, total } = store.view;
  const row = store.current;
  useEffect(
    () => void store.want(selected - 2, selected + 4),
    [store, selected, store.state.version],
  );
  useLayoutEffect(() => {
    if (!store.editing && !store.dialog) panel.current?.focus({ preventScroll: true });
  }, [store.focusTurn]);
  return (
    <div class="single">
      <div class="stage">
        {row?.pictures.map((picture, number) => (
          <figure key={picture.name}>
            <div class="framed">
              <Picture picture={picture} isLarge />
              {number === 0 && store.showsBoxes && row.boxes.length > 0 && <Boxes row={row} />}
            </div>
            {row.pictures.length > 1 && <figcaption>{picture.name}</figcaption>}
          </figure>
        ))}
      </div>
      <section
        class="panel"
        ref={panel}
        tabIndex={-1}
        aria-label={row ? nameOf(row) : 'Picture'}
        aria-busy={row === undefined}
      >
        <nav class="pager" aria-label="Pictures">
          <button type="button" onClick={() => store.show('grid')}>
            Grid
          </button>
          <button
            type="button"
            disabled={selected === 0}
            aria-label="Previous picture"
            onClick={() => store.select(selected - 1, false)}
          >
            ‹
          </button>
          <span>
            {(selected + 1).toLocaleString('en')} of {total.toLocaleString('en')}
          </span>
          <button
            type="button"
            disabled={selected + 1 >= total}
            aria-label="Next picture"
            onClick={() => store.select(selected + 1, false)}
          >
            ›
          </button>
        </nav>
        {row && (
          <>
            <h2>{nameOf(row)}</h2>
            <p class="actions">
              {store.source.work && row.status === 'ok' && (
                <>
                  <button
                    type="button"
                    aria-pressed={row.reviewed === 'accepted'}
                    onClick={() => void store.review('accepted', [row.position])}
                  >
                    Accept
                  </button>
                  <button
                    type="button"
                    aria-pressed={row.reviewed === 'rejected'}
                    onClick={() => void store.review('rejected', [row.position])}
                  >
                    Reject
                  </button>
                </>
              )}
              {row.boxes.length > 0 && (
                <button
                  type="button"
                  aria-pressed={store.showsBoxes}
                  onClick={() => store.toggleBoxes()}
                >
                  Boxes
                </button>
              )}
              <Badges of={row} />
            </p>
            <Failure row={row} />
            <Place row={row} />
            {row.answers.map((answer) => (
              <AnswerBlock key={answer.name} store={store} row={row} answer={answer} />
            ))}
            {row.fields.map((field) => (
              <FieldBlock key={field.name} store={store} row={row} field={field} />
            ))}
            <Verdicts row={row} />
            {row.verdicts.length === 0 && <BoxList row={row} />}
            {row.costUsd !== undefined && (
              <p class="hint">It cost ${row.costUsd.toPrecision(2)}.</p>
            )}
          </>
        )}
      </section>
    </div>
  );
}

// What is shown of one picture: its answers, fields, verdicts, or why there are none.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type {
  AnswerValue,
  AnswerView,
  FieldView,
  PictureView,
  ReviewView,
  RowView,
} from '../api.js';
import { isList, nameOf, textOf } from '../matching.js';
import type { Store } from './store.js';

/** A picture, or what is known of it where it cannot be shown. */
export function Picture({ picture, isLarge }: { picture: PictureView; isLarge: boolean }) {
  const [broken, setBroken] = useState<readonly string[]>([]);
  const { name, thumb, large, isBroken, width, height } = picture;
  const addresses = (isLarge ? [large, thumb] : [thumb]).filter((one) => one !== undefined);
  const address = addresses.find((one) => !broken.includes(one));
  if (address === undefined) {
    const why =
      isBroken || addresses.length > 0
        ? 'It cannot be shown: the file is missing or broken.'
        : 'It is not shown: it is no file.';
    return <Missing why={why} />;
  }
  return (
    <img
      key={address}
      src={address}
      // The answers stand beside it; here it is enough to say which picture it is.
      alt={name}
      {...(width !== undefined && height !== undefined && { width, height })}
      loading={isLarge ? 'eager' : 'lazy'}
      decoding="async"
      onError={() => setBroken([...broken, address])}
    />
  );
}

function Missing({ why }: { why: string }) {
  return (
    <div class="missing">
      <svg viewBox="0 0 48 36" aria-hidden="true">
        <rect x="1" y="1" width="46" height="34" rx="4" />
        <path d="M8 30l10-13 7 8 5-6 10 11M5 4l38 28" />
      </svg>
      <span>{why}</span>
    </div>
  );
}

/** Boxes that were found, drawn over a picture; they scale with it. */
export function Boxes({ row }: { row: RowView }) {
  return (
    <div class="boxes" aria-hidden="true">
      {row.boxes.map(({ label, at: [top, left, bottom, right] }, number) => (
        <div
          key={number}
          class={`box hue${number % 6}`}
          style={{
            top: `${top / 10}%`,
            left: `${left / 10}%`,
            width: `${(right - left) / 10}%`,
            height: `${(bottom - top) / 10}%`,
          }}
        >
          <span>{label}</span>
        </div>
      ))}
    </div>
  );
}

/** Where a picture stands in pages, and what stands around it there. */
export function Place({ row }: { row: RowView }) {
  const { place } = row;
  if (!place) return null;
  const { at, title, headings, before, after, caption, inside, region, lang } = place;
  const parts = {
    page: title,
    headings: headings?.join(' › '),
    'text before': before,
    caption,
    'text after': after,
    [inside?.kind ?? 'link']: inside && [inside.text, inside.target].filter(Boolean).join(' → '),
    'part of the picture': region,
  };
  return (
    <section class="answer" aria-label="place">
      <h3>place</h3>
      <ul class="places">
        {at.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
      <dl class="parts">
        {Object.entries(parts).map(
          ([name, words]) =>
            words !== undefined &&
            words !== '' && (
              <div key={name}>
                <dt>{name}</dt>
                <dd class="words" dir="auto" {...(lang !== undefined && { lang })}>
                  {words}
                </dd>
              </div>
            ),
        )}
      </dl>
    </section>
  );
}

/** What people said of a row, or of one of its answers. */
export function Badges({
  of,
  isShort = false,
}: {
  of: ReviewView & Partial<Pick<RowView, 'status' | 'isKept'>>;
  isShort?: boolean;
}) {
  const { status, reviewed, edited, by, isKept } = of;
  const who = by === undefined || isShort ? '' : ` by ${by}`;
  return (
    <span class="badges">
      {status === 'failed' && <span class="badge failed">failed</span>}
      {reviewed && <span class={`badge ${reviewed}`}>{reviewed + who}</span>}
      {edited && <span class="badge edited">edited{reviewed ? '' : who}</span>}
      {isKept && <span class="badge kept">not in the ledger yet</span>}
    </span>
  );
}

export function Value({ value, lang }: { value: AnswerValue; lang?: string | undefined }) {
  const attributes = lang === undefined ? {} : { lang };
  if (isList(value)) {
    return (
      <ul class="chips" {...attributes}>
        {value.map((one) => (
          <li class="chip" key={one}>
            <bdi>{one}</bdi>
          </li>
        ))}
      </ul>
    );
  }
  if (typeof value === 'string') {
    return value === '' ? (
      <p class="empty">(empty)</p>
    ) : (
      <p class="words" dir="auto" {...attributes}>
        {value}
      </p>
    );
  }
  return (
    <dl class="parts">
      {Object.entries(value).map(([key, text]) => (
        <div key={key}>
          <dt>{key}</dt>
          <dd class="words" dir="auto" {...attributes}>
            {textOf(text)}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function Failure({ row }: { row: RowView }) {
  const { failure } = row;
  if (!failure) return null;
  const { kind, message, hint, partialText } = failure;
  return (
    <div class="failure">
      <p>
        <strong>{kind}</strong>: {message}
      </p>
      {hint !== undefined && <p class="hint">{hint}</p>}
      {partialText !== undefined && partialText !== '' && (
        <>
          <p class="hint">What there was of an answer:</p>
          <p class="words" dir="auto">
            {partialText}
          </p>
        </>
      )}
    </div>
  );
}

export function AnswerBlock({
  store,
  row,
  answer,
}: {
  store: Store;
  row: RowView;
  answer: AnswerView;
}) {
  const { name, value, lang, other, model } = answer;
  const { tools } = store;
  return (
    <Block
      {...{ store, row }}
      kind="answer"
      item={answer}
      heading={
        <>
          <h3>
            {name}
            {lang !== undefined && !name.endsWith(`.${lang}`) && <span class="hint"> {lang}</span>}
          </h3>
          {row.answers.length > 1 && <Badges of={answer} isShort />}
        </>
      }
      editor={tools && <tools.AnswerEditor store={store} row={row} answer={answer} />}
      value={<Value value={value} lang={lang} />}
      other={other && <Value value={other.value} lang={lang} />}
    >
      <p class="hint">{model}</p>
    </Block>
  );
}

/** An answer or a field: what it is, or its editor, and the value that it could have instead. */
function Block({
  store,
  row,
  kind,
  item,
  heading,
  editor,
  value,
  other,
  children,
}: {
  store: Store;
  row: RowView;
  kind: 'answer' | 'field';
  item: AnswerView | FieldView;
  heading: ComponentChildren;
  editor: ComponentChildren;
  value: ComponentChildren;
  other: ComponentChildren;
  children?: ComponentChildren;
}) {
  const { name } = item;
  const { position } = row;
  const isEditing = store.isEditing(position, kind, name);
  const edit = () => store.startEditing({ position, kind, name });
  return (
    <section class={kind === 'field' ? 'answer field' : 'answer'} aria-label={name}>
      <header>
        {heading}
        {store.source.work && !isEditing && (
          <button type="button" class="quiet" onClick={edit} aria-label={`Edit ${name}`}>
            Edit
          </button>
        )}
      </header>
      {editor && isEditing ? editor : value}
      {item.other && !isEditing && (
        <Other {...{ store, row, item }} other={item.other}>
          {other}
        </Other>
      )}
      {children}
    </section>
  );
}

/** The answer that was there before, or one that has come since and waits for a decision. */
function Other({
  store,
  row,
  item,
  other: { isNewer, model },
  children,
}: {
  store: Store;
  row: RowView;
  item: AnswerView | FieldView;
  other: { isNewer: boolean; model: string };
  children: ComponentChildren;
}) {
  return (
    <details class="other" open={isNewer}>
      <summary>{isNewer ? `New answer of ${model}` : 'The answer before'}</summary>
      {children}
      {store.source.work && (
        <p class="actions">
          <button type="button" onClick={() => store.decide(row, item, true)}>
            {isNewer ? 'Take the new one' : 'Take it back'}
          </button>
          {isNewer && (
            <button type="button" onClick={() => store.decide(row, item, false)}>
              Keep what is there
            </button>
          )}
        </p>
      )}
    </details>
  );
}

export function FieldBlock({
  store,
  row,
  field,
}: {
  store: Store;
  row: RowView;
  field: FieldView;
}) {
  const { name, value, other } = field;
  const { tools } = store;
  return (
    <Block
      {...{ store, row }}
      kind="field"
      item={field}
      heading={<h3>{name}</h3>}
      editor={tools && <tools.FieldEditor store={store} row={row} field={field} />}
      value={<FieldValue value={value} />}
      other={other && <FieldValue value={other.value} />}
    />
  );
}

function FieldValue({ value }: { value: unknown }) {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string'))
    return <Value value={value} />;
  return (
    <p class="words" dir="auto">
      {typeof value === 'string' ? value : JSON.stringify(value)}
    </p>
  );
}

export function Verdicts({ row }: { row: RowView }) {
  if (row.verdicts.length === 0) return null;
  return (
    <section class="answer" aria-label="verdicts">
      <h3>verdicts</h3>
      <ul class="verdicts">
        {row.verdicts.map(({ claim, verdict, evidence }) => (
          <li key={claim}>
            <span class={`badge ${verdict}`}>{verdict}</span>
            <span>
              <strong>{claim}</strong>
              <br />
              {evidence}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function BoxList({ row }: { row: RowView }) {
  if (row.boxes.length === 0) return null;
  return (
    <section class="answer" aria-label="boxes">
      <h3>boxes</h3>
      <ul class="chips">
        {row.boxes.map(({ label }, number) => (
          <li class={`chip hue${number % 6}`} key={number}>
            <bdi>{label}</bdi>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The last part of a path, which tells one picture from another. */
export function shortName(row: RowView): string {
  const name = nameOf(row);
  return name.split(/[\\/]/).at(-1) || name;
}

// Where people write: texts, lists as chips, and fields by their kind.
import type { ComponentChildren, TargetedKeyboardEvent } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { AnswerValue, AnswerView, FieldView, RowView } from '../api.js';
import { isList } from '../matching.js';
import type { Editing } from './drafts.js';
import type { Store } from './store.js';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const wordSegmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

function sizeInWords(text: string): string {
  if (text.length > 20_000) return `${text.length.toLocaleString('en')} characters`;
  const chars = [...segmenter.segment(text.trim())].length;
  const words = [...wordSegmenter.segment(text)].filter(({ isWordLike }) => isWordLike).length;
  const of = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
  return `${of(chars, 'character')}, ${of(words, 'word')}`;
}

/** What a value is the answer to. */
interface About {
  style?: string | undefined;
  lang?: string | undefined;
  field?: string;
}

/** What the rules say to a value. Without the server there are none; saving says that it is gone. */
async function wrongIn(store: Store, about: About, value: unknown): Promise<string | undefined> {
  try {
    return (await store.source.work?.check({ ...about, value })) ?? undefined;
  } catch {
    return undefined;
  }
}

/** What the rules say, and whether that is about what is there now. */
interface Problem {
  said: string | undefined;
  isOfNow: boolean;
}

/** What they say a moment after it was typed. */
function useProblem(store: Store, about: About, value: unknown): Problem {
  const [{ said, of }, setSaid] = useState<{ said?: string | undefined; of?: string }>({});
  const { style, lang, field } = about;
  const key = JSON.stringify(value);
  useEffect(() => {
    let isOver = false;
    const timer = setTimeout(() => {
      void wrongIn(store, { style, lang, ...(field !== undefined && { field }) }, value).then(
        (said) => {
          if (!isOver) setSaid({ said, of: key });
        },
      );
    }, 100);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [key, style, lang, field, store]);
  return { said, isOfNow: of === key };
}

interface EditorProps<Value> {
  label: string;
  value: Value;
  lang?: string | undefined;
  onInput(value: Value): void;
}

/** A text that grows with its lines. */
function TextBox({ label, value, lang, onInput }: EditorProps<string>) {
  const box = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const { current } = box;
    if (!current) return;
    current.style.height = 'auto';
    current.style.height = `${Math.min(current.scrollHeight + 2, window.innerHeight * 0.6)}px`;
  }, [value]);
  return (
    <textarea
      ref={box}
      aria-label={label}
      {...(lang !== undefined && { lang })}
      dir="auto"
      rows={2}
      value={value}
      onInput={({ currentTarget }) => onInput(currentTarget.value)}
    />
  );
}

/** A list with what is typed behind it; commas separate. */
function withTags(list: readonly string[], text: string): readonly string[] {
  const typed = text.split(',').map((one) => one.trim());
  return [...new Set([...list, ...typed.filter((one) => one !== '')])];
}

function ChipBox({ label, value, lang, onInput }: EditorProps<readonly string[]>) {
  const [chips, setChips] = useState(value);
  const [next, setNext] = useState('');
  const box = useRef<HTMLInputElement>(null);
  // What is being typed counts already, since one may leave at any moment.
  const put = (list: readonly string[], text: string) => {
    setChips(list);
    setNext(text);
    onInput(withTags(list, text));
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLInputElement>) => {
    if ((event.key === 'Enter' && !event.ctrlKey && !event.metaKey) || event.key === ',') {
      event.preventDefault();
      put(withTags(chips, next), '');
    } else if (event.key === 'Backspace' && next === '' && chips.length > 0) {
      put(chips.slice(0, -1), '');
    }
  };
  return (
    <ul class="chips editable" aria-label={label} {...(lang !== undefined && { lang })}>
      {chips.map((one) => (
        <li key={one} class="chip">
          <bdi>{one}</bdi>
          <button
            type="button"
            aria-label={`Remove ${one}`}
            // The focus stays inside, also when this button is gone.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => {
              box.current?.focus();
              put(
                chips.filter((other) => other !== one),
                next,
              );
            }}
          >
            ×
          </button>
        </li>
      ))}
      <li class="chip-next">
        <input
          ref={box}
          aria-label={`Add to ${label}`}
          placeholder="add"
          value={next}
          onInput={({ currentTarget }) => put(chips, currentTarget.value)}
          onKeyDown={onKeyDown}
        />
      </li>
    </ul>
  );
}

/** Saves when the focus leaves it or with Ctrl+Enter; Escape puts back what was there. */
function Frame({
  children,
  problem,
  size,
  onSave,
  onCancel,
}: {
  children: ComponentChildren;
  problem: string | undefined;
  size: string | undefined;
  onSave(isDone: boolean): void;
  onCancel(): void;
}) {
  const frame = useRef<HTMLDivElement>(null);
  // Before anything more can be typed.
  useLayoutEffect(() => {
    const box = frame.current?.querySelector<HTMLElement>('textarea, input, select');
    box?.focus();
    if (box instanceof HTMLTextAreaElement)
      box.setSelectionRange(box.value.length, box.value.length);
  }, []);
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    // What is typed is no command.
    event.stopPropagation();
    if (event.key === 'Escape') {
      event.preventDefault();
      onCancel();
    } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      onSave(true);
    }
  };
  const onFocusOut = ({ relatedTarget }: FocusEvent) => {
    const isInside = relatedTarget instanceof Node && frame.current?.contains(relatedTarget);
    if (!isInside) onSave(false);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only hears what its fields do.
    <div class="editor" ref={frame} onKeyDown={onKeyDown} onFocusOut={onFocusOut}>
      {children}
      <p class={problem === undefined ? 'hint' : 'hint wrong'} role="status">
        {problem === undefined ? '' : `It breaks a rule: ${problem}. `}
        {size}
      </p>
      <p class="hint keys">
        <kbd>Ctrl</kbd>+<kbd>Enter</kbd> saves, <kbd>Esc</kbd> leaves it as it was
      </p>
    </div>
  );
}

/** The state of an editor: what is typed, kept until it is saved. */
function useDraft<Value>(
  store: Store,
  editing: Editing,
  value: Value,
  isRight: (draft: unknown) => draft is Value,
) {
  const draft = store.drafts.of(editing);
  const [typed, setTyped] = useState<Value>(isRight(draft) ? draft : value);
  // Another page may change it meanwhile.
  const { current: seen } = useRef(value);
  const isOver = useRef(false);
  const end = (isDone: boolean, save?: () => void) => {
    if (isOver.current) return;
    isOver.current = true;
    store.drafts.keep(editing, undefined);
    save?.();
    // Whoever went elsewhere by mouse or Tab stays there.
    if (store.isEditing(editing.position, editing.kind, editing.name)) store.endEditing(isDone);
  };
  return {
    seen,
    typed,
    type(next: Value) {
      setTyped(next);
      store.drafts.keep(editing, next);
    },
    end,
    /** Leaves, and keeps what is typed. */
    leave() {
      if (isOver.current) return;
      isOver.current = true;
      if (store.isEditing(editing.position, editing.kind, editing.name)) store.endEditing(false);
    },
  };
}

export function AnswerEditor({
  store,
  row,
  answer,
}: {
  store: Store;
  row: RowView;
  answer: AnswerView;
}) {
  const { name, value, style, lang } = answer;
  const editing = { position: row.position, kind: 'answer', name } as const;
  const { seen, typed, type, end } = useDraft<AnswerValue>(
    store,
    editing,
    value,
    (draft): draft is AnswerValue =>
      typeof draft === typeof value && Array.isArray(draft) === Array.isArray(value),
  );
  const problem = useProblem(store, { style, lang }, typed).said;
  const save = () => store.saveAnswer(row, answer, typed, seen);
  return (
    <Frame
      problem={problem}
      size={typeof typed === 'string' ? sizeInWords(typed) : undefined}
      onSave={(isDone) => end(isDone, save)}
      onCancel={() => end(true)}
    >
      {typeof typed === 'string' ? (
        <TextBox label={name} value={typed} lang={lang} onInput={type} />
      ) : isList(typed) ? (
        <ChipBox label={name} value={typed} lang={lang} onInput={type} />
      ) : (
        Object.entries(typed).map(([key, text]) => (
          <div key={key}>
            <span class="hint">{key}</span>
            <TextBox
              label={`${name}, ${key}`}
              value={typeof text === 'string' ? text : JSON.stringify(text)}
              lang={lang}
              onInput={(next) => type({ ...typed, [key]: next })}
            />
          </div>
        ))
      )}
    </Frame>
  );
}

export function FieldEditor({
  store,
  row,
  field,
}: {
  store: Store;
  row: RowView;
  field: FieldView;
}) {
  const { name, kind } = field;
  const editing = { position: row.position, kind: 'field', name } as const;
  const isText = kind === 'other' || kind === 'number';
  const { typed, type, end, leave } = useDraft<unknown>(
    store,
    editing,
    isText ? JSON.stringify(field.value) : field.value,
    (draft): draft is unknown => draft !== undefined,
  );
  const read = isText ? jsonIn(jsonOf(typed), kind === 'number') : { value: typed };
  const ruled = useProblem(store, { field: name }, 'value' in read ? read.value : undefined);
  const problem = 'problem' in read ? read.problem : ruled.said;
  // Another page may change it meanwhile.
  const { current: seen } = useRef(field.value);
  const save = (isDone: boolean) => {
    const isWrong = 'problem' in read || (ruled.isOfNow && ruled.said !== undefined);
    if (isWrong && isDone) return;
    if ('problem' in read) {
      leave();
      store.toast(`Not saved: ${name}: ${read.problem}.`, true);
      return;
    }
    // What the rules have not said yet, the server says: then the words are kept to go on with.
    end(isDone, () => store.saveField(row, field, read.value, seen));
  };
  return (
    <Frame problem={problem} size={undefined} onSave={save} onCancel={() => end(true)}>
      <FieldBox field={field} typed={typed} type={type} />
    </Frame>
  );
}

function FieldBox({
  field,
  typed,
  type,
}: {
  field: FieldView;
  typed: unknown;
  type(next: unknown): void;
}) {
  const { name, kind, choices } = field;
  if (choices) {
    return (
      <select
        aria-label={name}
        value={String(typed)}
        onChange={({ currentTarget }) => type(currentTarget.value)}
      >
        {choices.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    );
  }
  if (kind === 'boolean') {
    return (
      <label class="check">
        <input
          type="checkbox"
          checked={typed === true}
          onChange={({ currentTarget }) => type(currentTarget.checked)}
        />
        {name}
      </label>
    );
  }
  if (kind === 'list' && Array.isArray(typed)) {
    return <ChipBox label={name} value={typed.map(String)} onInput={type} />;
  }
  const isJson = kind === 'other' || kind === 'number';
  return <TextBox label={name} value={isJson ? jsonOf(typed) : String(typed)} onInput={type} />;
}

/** JSON as it was typed, or that of a value that the server refused. */
function jsonOf(typed: unknown): string {
  return typeof typed === 'string' ? typed : JSON.stringify(typed);
}

/** Typed JSON, or what is wrong with it. */
function jsonIn(text: string, isNumber: boolean): { value: unknown } | { problem: string } {
  try {
    const value: unknown = JSON.parse(text);
    if (isNumber && typeof value !== 'number') return { problem: 'it is not a number' };
    return { value };
  } catch {
    return { problem: isNumber ? 'it is not a number' : 'it is not JSON' };
  }
}

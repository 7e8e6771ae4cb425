// What the page knows and shows, and everything that can be done in it.
import type {
  AnswerValue,
  AnswerView,
  AskQuestion,
  Change,
  Counts,
  FieldView,
  Query,
  Replaced,
  Reviewed,
  RowView,
  State,
} from '../api.js';
import { QUERY_NAMES } from '../matching.js';
import { KeptHere } from './kept.js';
import { type Looked, parametersOf, Refusal, type Source } from './source.js';

export type Dialog = 'help' | 'replace' | 'ask';

/** What is being edited: an answer or a field, by its place among those of its row. */
export interface Editing {
  position: number;
  kind: 'answer' | 'field';
  name: string;
}

export interface Toast {
  id: number;
  text: string;
  isTrouble: boolean;
}

/** A change, and the one that takes it back. */
interface Done {
  change: Change;
  back: Change;
}

/** What takes back all that was done at once. */
interface Undoable {
  text: string;
  changes: readonly Change[];
}

const MOST_UNDO = 300;
const TOAST_MS = 6000;

export class Store {
  readonly source: Source;
  state: State;
  query: Query = {};
  /** The positions that the query finds; undefined if it is all of them. */
  positions: readonly number[] | undefined;
  total = 0;
  isSearching = false;
  /** Whether the ledger has changed since the query was answered. */
  isOutdated = false;
  /** The number of the selected row among those that are found. */
  selected = 0;
  mode: 'grid' | 'single' = 'grid';
  editing: Editing | undefined;
  readonly marked = new Set<number>();
  counts: Counts | undefined;
  dialog: Dialog | undefined;
  showsBoxes = true;
  isLost = false;
  toasts: readonly Toast[] = [];
  /** Columns of the grid, for the arrow keys. */
  columns = 1;
  /** Grows when the focus should go to the selected row. */
  focusTurn = 0;
  outbox: readonly Change[];

  readonly #rows = new Map<number, RowView>();
  readonly #stale = new Set<number>();
  readonly #asked = new Set<number>();
  readonly #kept: KeptHere;
  readonly #listeners = new Set<() => void>();
  #undo: readonly Undoable[];
  #drafts: Record<string, unknown>;
  #isSending = false;
  #toasts = 0;
  #search = 0;
  #isTelling = false;

  constructor(source: Source, state: State) {
    this.source = source;
    this.state = state;
    this.#kept = new KeptHere(state.ledger);
    this.outbox = this.#kept.read<readonly Change[]>('outbox', []);
    this.#undo = this.#kept.read<readonly Undoable[]>('undo', []);
    this.#drafts = this.#kept.read<Record<string, unknown>>('drafts', {});
    this.total = state.all;
  }

  /** Opens the view that the address names, or the one that was left the last time. */
  async begin(): Promise<void> {
    const given = new URLSearchParams(location.search);
    const parameters = given.size > 0 ? given : new URLSearchParams(this.#kept.read('view', ''));
    this.showsBoxes = this.#kept.read('boxes', true);
    await this.#goTo(parameters);
    if (parameters.get('show') === 'one' && this.total > 0) this.mode = 'single';
    this.source.follow((state) => this.#take(state));
    window.addEventListener('popstate', () => {
      const back = new URLSearchParams(location.search);
      this.mode = back.get('show') === 'one' ? 'single' : 'grid';
      void this.#goTo(back);
    });
    void this.#send();
    this.loadCounts();
    this.tell();
  }

  async #goTo(parameters: URLSearchParams): Promise<void> {
    const query: Record<string, string> = {};
    for (const name of QUERY_NAMES) {
      const value = parameters.get(name);
      if (value) query[name] = value;
    }
    await this.#find(query);
    this.selected = Math.max(0, this.indexOf(Number(parameters.get('at') ?? -1)));
    this.tell();
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Draws the page anew, once for all that has changed. */
  tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      for (const listener of this.#listeners) listener();
    });
  }

  // Rows.

  positionAt(index: number): number | undefined {
    if (index < 0 || index >= this.total) return undefined;
    return this.positions ? this.positions[index] : index;
  }

  indexOf(position: number): number {
    if (this.positions) return this.positions.indexOf(position);
    return position >= 0 && position < this.total ? position : -1;
  }

  /** The row at a place of the view; undefined while it is on its way. */
  rowAt(index: number): RowView | undefined {
    const position = this.positionAt(index);
    return position === undefined ? undefined : this.#rows.get(position);
  }

  get current(): RowView | undefined {
    return this.rowAt(this.selected);
  }

  /** Asks for the rows of a part of the view that are not here, or have changed. */
  async want(from: number, to: number): Promise<void> {
    const missing: number[] = [];
    for (let index = Math.max(0, from); index < Math.min(to, this.total); index += 1) {
      const position = this.positionAt(index);
      if (position === undefined || this.#asked.has(position)) continue;
      if (!this.#rows.has(position) || this.#stale.has(position)) missing.push(position);
    }
    if (missing.length === 0) return;
    for (const position of missing) this.#asked.add(position);
    try {
      for (const row of await this.source.rows(missing)) this.#put(row);
      this.#forgetFarFrom(from, to);
    } catch (error) {
      this.#fail(error);
    } finally {
      for (const position of missing) this.#asked.delete(position);
      this.tell();
    }
  }

  #put(row: RowView): void {
    const changed = this.outbox.filter(({ position }) => position === row.position);
    this.#rows.set(row.position, changed.reduce(withChange, row));
    this.#stale.delete(row.position);
  }

  /** Only what is near is held. */
  #forgetFarFrom(from: number, to: number): void {
    if (this.#rows.size < 3000) return;
    const near = new Set<number>();
    for (let index = from - 600; index < to + 600; index += 1) {
      const position = this.positionAt(index);
      if (position !== undefined) near.add(position);
    }
    for (const position of this.#rows.keys()) if (!near.has(position)) this.#rows.delete(position);
  }

  // Finding.

  /** Changes a part of the query, and shows what it finds. */
  async look(changed: Looked): Promise<void> {
    const before = this.positionAt(this.selected);
    await this.#find({ ...this.query, ...changed });
    this.selected = before === undefined ? 0 : Math.max(0, this.indexOf(before));
    this.#keepView(true);
    this.tell();
  }

  async #find(query: Looked): Promise<void> {
    this.query = Object.fromEntries(parametersOf(query));
    this.#search += 1;
    const search = this.#search;
    this.isSearching = true;
    this.tell();
    try {
      const { positions, total } = await this.source.find(this.query);
      if (search !== this.#search) return;
      this.positions = positions;
      this.total = total;
      this.isOutdated = false;
    } catch (error) {
      this.#fail(error);
    } finally {
      if (search === this.#search) this.isSearching = false;
    }
  }

  loadCounts(): void {
    void this.source
      .counts()
      .then((counts) => {
        this.counts = counts;
        this.tell();
      })
      .catch((error: unknown) => this.#fail(error));
  }

  #keepView(isNew: boolean): void {
    const parameters = parametersOf(this.query);
    const position = this.positionAt(this.selected);
    if (position !== undefined && this.selected > 0) parameters.set('at', String(position));
    if (this.mode === 'single') parameters.set('show', 'one');
    const search = parameters.size > 0 ? `?${parameters}` : location.pathname;
    if (isNew) history.pushState(undefined, '', search);
    else history.replaceState(undefined, '', search);
    this.#kept.write('view', String(parameters));
  }

  // Moving.

  select(index: number, takesFocus = true): void {
    this.selected = Math.max(0, Math.min(index, this.total - 1));
    this.editing = undefined;
    if (takesFocus) this.focusTurn += 1;
    this.#keepView(false);
    this.tell();
  }

  show(mode: 'grid' | 'single'): void {
    if (this.total === 0) return;
    this.mode = mode;
    this.editing = undefined;
    this.focusTurn += 1;
    this.#keepView(true);
    this.tell();
  }

  open(dialog: Dialog | undefined): void {
    this.dialog = dialog;
    if (dialog === undefined) this.focusTurn += 1;
    this.tell();
  }

  toggleBoxes(): void {
    this.showsBoxes = !this.showsBoxes;
    this.#kept.write('boxes', this.showsBoxes);
    this.tell();
  }

  mark(position: number | undefined): void {
    if (position === undefined) return;
    if (!this.marked.delete(position)) this.marked.add(position);
    this.tell();
  }

  async markAll(): Promise<void> {
    const all = this.positions ?? Array.from({ length: this.total }, (_, position) => position);
    const isMarked = all.every((position) => this.marked.has(position));
    for (const position of all) isMarked ? this.marked.delete(position) : this.marked.add(position);
    this.tell();
  }

  /** What is done to several is done to those that are marked, or to the selected one. */
  chosen(): readonly number[] {
    if (this.marked.size > 0) return [...this.marked];
    const position = this.positionAt(this.selected);
    return position === undefined ? [] : [position];
  }

  // Editing.

  /** Edits an answer or a field of the selected row, by its number. */
  edit(number = 0): void {
    const row = this.current;
    if (!row || !this.source.work) return;
    const places = editablesOf(row);
    // A text comes before a list: it is what one corrects.
    const first = places.find(({ isText }) => isText) ?? places[0];
    const place = number === 0 ? first : places[number];
    if (!place) {
      this.toast(row.status === 'failed' ? 'There is no answer yet to edit.' : 'Nothing to edit.');
      return;
    }
    // In the grid there is no room for fields.
    if (place.kind === 'field' && this.mode === 'grid') this.show('single');
    this.startEditing({ position: row.position, kind: place.kind, name: place.name });
  }

  startEditing(editing: Editing): void {
    if (!this.source.work) return;
    const index = this.indexOf(editing.position);
    if (index >= 0 && index !== this.selected) {
      this.selected = index;
      this.#keepView(false);
    }
    this.editing = editing;
    this.tell();
  }

  isEditing(position: number, kind: Editing['kind'], name: string): boolean {
    const { editing } = this;
    return editing?.position === position && editing.kind === kind && editing.name === name;
  }

  /** Words that were typed and not saved yet. */
  draftOf({ position, kind, name }: Editing): unknown {
    return this.#drafts[`${position} ${kind} ${name}`];
  }

  keepDraft({ position, kind, name }: Editing, value: unknown): void {
    const key = `${position} ${kind} ${name}`;
    if (value === undefined) delete this.#drafts[key];
    else this.#drafts[key] = value;
    this.#kept.write('drafts', this.#drafts);
  }

  get drafts(): readonly Editing[] {
    return Object.keys(this.#drafts).flatMap((key) => {
      const [, position, kind, name = ''] = /^(\d+) (answer|field) (.*)$/s.exec(key) ?? [];
      if (kind !== 'answer' && kind !== 'field') return [];
      return [{ position: Number(position), kind, name }];
    });
  }

  endEditing(takesFocus: boolean): void {
    this.editing = undefined;
    if (takesFocus) this.focusTurn += 1;
    this.tell();
  }

  saveAnswer(row: RowView, answer: AnswerView, value: AnswerValue): void {
    if (JSON.stringify(value) === JSON.stringify(answer.value)) return;
    const about = this.#about(row);
    const { name, value: before } = answer;
    this.#do(`the change of ${name}`, [
      {
        change: { ...about, id: newId(), answer: { name, value, before } },
        back: {
          ...{ ...about, id: newId(), answer: { name, value: before, before: value } },
          restore: stateOf(answer),
        },
      },
    ]);
  }

  saveField(row: RowView, field: FieldView, value: unknown): void {
    if (JSON.stringify(value) === JSON.stringify(field.value)) return;
    const about = this.#about(row);
    const { name, value: before } = field;
    this.#do(`the change of ${name}`, [
      {
        change: { ...about, id: newId(), field: { name, value, before } },
        back: {
          ...{ ...about, id: newId(), field: { name, value: before, before: value } },
          restore: stateOf(field),
        },
      },
    ]);
  }

  /** Accepts or rejects what is chosen; the same once more takes it back. */
  async review(reviewed: Reviewed, positions = this.chosen()): Promise<void> {
    if (!this.source.work) return;
    const rows = await this.#rowsOf(positions);
    const answered = rows.filter(({ status }) => status === 'ok');
    if (answered.length === 0) {
      this.toast('There is no answer yet to review.');
      return;
    }
    const isSaid = answered.every((row) => row.reviewed === reviewed);
    const review = isSaid ? 'none' : reviewed;
    const all = answered.map((row): Done => {
      const about = this.#about(row);
      return {
        change: { ...about, id: newId(), review },
        back: { ...about, id: newId(), review: row.reviewed ?? 'none' },
      };
    });
    const done = review === 'none' ? 'the review taken back' : review;
    this.#do(all.length === 1 ? done : `${done}: ${all.length} pictures`, all);
  }

  async #rowsOf(positions: readonly number[]): Promise<readonly RowView[]> {
    const missing = positions.filter((position) => !this.#rows.has(position));
    for (let at = 0; at < missing.length; at += 200) {
      for (const row of await this.source.rows(missing.slice(at, at + 200))) this.#put(row);
    }
    return positions.flatMap((position) => this.#rows.get(position) ?? []);
  }

  /** Decides between two answers: keeps what is shown, or takes the other one. */
  decide(row: RowView, answer: AnswerView, takesOther: boolean): void {
    const { other, name, value } = answer;
    if (!other) return;
    const about = this.#about(row);
    const taken = takesOther ? other.value : value;
    const restore = { edited: false, reviewed: 'accepted' } as const;
    this.#do(takesOther ? 'the other answer taken' : 'the answer kept', [
      {
        change: { ...about, id: newId(), answer: { name, value: taken, before: value }, restore },
        back: {
          ...{ ...about, id: newId(), answer: { name, value, before: taken } },
          restore: stateOf(answer),
        },
      },
    ]);
  }

  async replace(changes: readonly Replaced[]): Promise<void> {
    const rows = new Map(
      (await this.#rowsOf([...new Set(changes.map(({ position }) => position))])).map((row) => [
        row.position,
        row,
      ]),
    );
    const all = changes.flatMap(({ position, names, answer: name, before, after }) => {
      const answer = rows.get(position)?.answers.find((one) => one.name === name);
      if (!answer) return [];
      const about = { position, names, at: new Date().toISOString() };
      return [
        {
          change: { ...about, id: newId(), answer: { name, value: after, before } },
          back: {
            ...{ ...about, id: newId(), answer: { name, value: before, before: after } },
            restore: stateOf(answer),
          },
        },
      ];
    });
    this.#do(`${all.length} ${all.length === 1 ? 'text' : 'texts'} replaced`, all);
  }

  undo(): void {
    const last = this.#undo.at(-1);
    if (!last) {
      this.toast('There is nothing to undo.');
      return;
    }
    this.#keepUndo(this.#undo.slice(0, -1));
    const at = new Date().toISOString();
    this.#queue(last.changes.map((change) => ({ ...change, id: newId(), at })));
    this.toast(`Undone: ${last.text}`);
  }

  get undoable(): string | undefined {
    return this.#undo.at(-1)?.text;
  }

  #keepUndo(undo: readonly Undoable[]): void {
    this.#undo = undo.slice(-MOST_UNDO);
    this.#kept.write('undo', this.#undo);
  }

  #about({ position, pictures }: RowView) {
    return { position, names: pictures.map(({ name }) => name), at: new Date().toISOString() };
  }

  #do(text: string, all: readonly Done[]): void {
    if (all.length === 0) return;
    this.#keepUndo([...this.#undo, { text, changes: all.map(({ back }) => back).reverse() }]);
    this.#queue(all.map(({ change }) => change));
    if (all.length > 1 || all[0]?.change.review !== undefined) this.toast(capital(text));
  }

  #queue(changes: readonly Change[]): void {
    this.#keepOutbox([...this.outbox, ...changes]);
    for (const change of changes) {
      const row = this.#rows.get(change.position);
      if (row) this.#rows.set(row.position, withChange(row, change));
    }
    this.tell();
    void this.#send();
  }

  #keepOutbox(outbox: readonly Change[]): void {
    this.outbox = outbox;
    this.#kept.write('outbox', outbox);
  }

  /** Sends what waits. What the server has not confirmed stays, and is sent again. */
  async #send(): Promise<void> {
    const { work } = this.source;
    if (this.#isSending || !work) return;
    this.#isSending = true;
    try {
      while (this.outbox.length > 0) {
        const sent = this.outbox.slice(0, 500);
        const results = await work.change(sent);
        const ids = new Set(sent.map(({ id }) => id));
        this.#keepOutbox(this.outbox.filter(({ id }) => !ids.has(id)));
        for (const result of results) {
          if (result.status === 'refused') {
            const change = sent.find(({ id }) => id === result.id);
            if (change) this.#stale.add(change.position);
            this.toast(`Not saved: ${result.why}.`, true);
            continue;
          }
          this.#put(result.row);
          if (!result.replaced) continue;
          const { by = 'somebody else' } = result.replaced;
          this.toast(`This had been changed meanwhile, by ${by}. Undo brings that back.`, true);
        }
        this.tell();
      }
      this.loadCounts();
    } catch (error) {
      if (error instanceof Refusal) {
        // The server will say no to them again.
        this.#keepOutbox([]);
        this.toast(`Not saved: ${error.message}`, true);
      } else {
        this.isLost = true;
        setTimeout(() => void this.#send(), 1000);
      }
    } finally {
      this.#isSending = false;
      this.tell();
    }
  }

  // Asking again.

  async ask(question: AskQuestion): Promise<void> {
    const { work } = this.source;
    if (!work) return;
    this.#take(await work.ask(question));
    this.open(undefined);
  }

  stopAsking(): void {
    void this.source.work?.stop().then((state) => this.#take(state));
  }

  // What the server says.

  #take(state: State | undefined): void {
    if (state === undefined) {
      this.isLost = true;
      this.tell();
      return;
    }
    const wasLost = this.isLost;
    this.isLost = false;
    const before = this.state;
    this.state = state;
    if (state.version !== before.version || wasLost) {
      for (const position of this.#rows.keys()) this.#stale.add(position);
      if (this.positions) this.isOutdated = true;
      else this.total = state.all;
      this.loadCounts();
    }
    if (wasLost) void this.#send();
    this.tell();
  }

  refresh(): void {
    void this.look({});
    this.loadCounts();
  }

  toast(text: string, isTrouble = false): void {
    this.#toasts += 1;
    const id = this.#toasts;
    this.toasts = [...this.toasts.slice(-3), { id, text, isTrouble }];
    this.tell();
    setTimeout(() => this.dismiss(id), isTrouble ? TOAST_MS * 3 : TOAST_MS);
  }

  dismiss(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
    this.tell();
  }

  #fail(error: unknown): void {
    if (error instanceof Refusal) this.toast(error.message, true);
    else this.isLost = true;
    this.tell();
  }
}

/** The parts of a row that can be edited, in their order. */
export function editablesOf({ answers, fields }: RowView) {
  return [
    ...answers.map(({ name, value }) => ({
      ...{ kind: 'answer' as const, name, isText: !Array.isArray(value) },
    })),
    ...fields.map(({ name }) => ({ kind: 'field' as const, name, isText: false })),
  ];
}

function stateOf({ edited, reviewed }: AnswerView | FieldView): NonNullable<Change['restore']> {
  return { edited: edited === true, reviewed: reviewed ?? 'none' };
}

/** A row as it will be once a change is saved. */
function withChange(row: RowView, change: Change): RowView {
  const { answer, field, review, restore } = change;
  const said = restore
    ? { edited: restore.edited, reviewed: restore.reviewed }
    : { edited: true, reviewed: undefined };
  if (answer) {
    return {
      ...row,
      ...(said.edited && { edited: true as const }),
      answers: row.answers.map((one) =>
        one.name === answer.name ? { ...one, value: answer.value } : one,
      ),
    };
  }
  if (field) {
    return {
      ...row,
      ...(said.edited && { edited: true as const }),
      fields: row.fields.map((one) =>
        one.name === field.name ? { ...one, value: field.value } : one,
      ),
    };
  }
  const { reviewed: _, ...others } = row;
  return review === undefined || review === 'none' ? others : { ...others, reviewed: review };
}

function newId(): string {
  return crypto.randomUUID();
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

// What the page knows and shows, and everything that can be done in it.
import type {
  AnswerValue,
  AnswerView,
  AskQuestion,
  Change,
  ChangeResult,
  Counts,
  FieldView,
  Replaced,
  Reviewed,
  RowView,
  State,
} from '../api.js';
import {
  anew,
  answerDone,
  backTo,
  type Done,
  decisionDone,
  editablesOf,
  fieldDone,
  replacementDone,
  reviewDone,
  withChange,
} from './doings.js';
import { Drafts, type Editing } from './drafts.js';
import { KeptHere } from './kept.js';
import { NearRows } from './near-rows.js';
import { Outbox } from './outbox.js';
import { Refusal, type Source } from './source.js';
import type { Tools } from './tools.js';
import { UndoList } from './undo-list.js';
import { View } from './view.js';

export type Dialog = 'help' | 'replace' | 'ask';

export interface Toast {
  id: number;
  text: string;
  isTrouble: boolean;
}

const TOAST_MS = 6000;

export class Store {
  readonly source: Source;
  readonly tools: Tools | undefined;
  readonly view: View;
  state: State;
  editing: Editing | undefined;
  readonly marked = new Set<number>();
  counts: Counts | undefined;
  dialog: Dialog | undefined;
  showsBoxes = true;
  isLost = false;
  /** Whether a row is on its way that is to be edited. */
  isComing = false;
  /** Why changes cannot be saved now, as the server says it. */
  unsaved: string | undefined;
  toasts: readonly Toast[] = [];
  /** Columns of the grid, for the arrow keys. */
  columns = 1;
  /** Grows when the focus should go to the selected row. */
  focusTurn = 0;
  readonly drafts: Drafts;

  readonly #rows: NearRows;
  readonly #outbox: Outbox;
  readonly #undo: UndoList;
  readonly #kept: KeptHere;
  readonly #listeners = new Set<() => void>();
  #toasts = 0;
  #isTelling = false;

  constructor(source: Source, state: State, tools: Tools | undefined) {
    this.source = source;
    this.tools = tools;
    this.state = state;
    this.#kept = new KeptHere(state.id);
    this.drafts = new Drafts(this.#kept);
    this.#undo = new UndoList(this.#kept);
    this.#rows = new NearRows(source, (row) => this.#asChanged(row));
    this.#outbox = new Outbox(source.work, this.#kept, {
      answered: (result, change) => this.#answered(result, change),
      emptied: () => {
        this.unsaved = undefined;
        this.loadCounts();
        this.tell();
      },
      failed: (why) => {
        this.unsaved = why;
        if (why === undefined) this.isLost = true;
        this.tell();
      },
    });
    this.view = new View(source, this.#kept, state.all, {
      changed: () => this.tell(),
      failed: (error) => this.#fail(error),
    });
  }

  /** Opens the view that the address names, or the one that was left the last time. */
  async begin(): Promise<void> {
    this.showsBoxes = this.#kept.read('boxes', true);
    await this.view.begin();
    // Keys are about what is there, so it is there before the first of them.
    const { selected } = this.view;
    await this.want(selected - 2, selected + 4);
    this.source.follow((state) => this.#take(state));
    void this.#outbox.send();
    this.loadCounts();
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

  /** The row at a place of the view; undefined while it is on its way. */
  rowAt(index: number): RowView | undefined {
    const position = this.view.positionAt(index);
    return position === undefined ? undefined : this.#rows.get(position);
  }

  get current(): RowView | undefined {
    return this.rowAt(this.view.selected);
  }

  /** Asks for the rows of a part of the view that are not here, or have changed. */
  async want(from: number, to: number): Promise<void> {
    try {
      if (!(await this.#rows.load(this.view.positionsIn(from, to)))) return;
      this.#rows.forgetAllBut(this.view.positionsIn(from - 600, to + 600));
    } catch (error) {
      this.#fail(error);
    }
    this.tell();
  }

  #asChanged(row: RowView): RowView {
    const changes = this.#outbox.waiting.filter(({ position }) => position === row.position);
    return changes.reduce(withChange, row);
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

  // Moving.

  select(index: number, takesFocus = true): void {
    this.view.select(index);
    this.editing = undefined;
    if (takesFocus) this.focusTurn += 1;
    this.tell();
  }

  show(mode: 'grid' | 'single'): void {
    if (this.view.total === 0) return;
    this.view.show(mode);
    this.editing = undefined;
    this.focusTurn += 1;
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

  markAll(): void {
    const all = this.view.all();
    const isMarked = all.every((position) => this.marked.has(position));
    for (const position of all) isMarked ? this.marked.delete(position) : this.marked.add(position);
    this.tell();
  }

  /** What is done to several is done to those that are marked, or to the selected one. */
  chosen(): readonly number[] {
    if (this.marked.size > 0) return [...this.marked];
    const position = this.view.positionAt(this.view.selected);
    return position === undefined ? [] : [position];
  }

  // Editing.

  /** Edits an answer or a field of the selected row, by its number. */
  edit(number = 0): void {
    if (!this.source.work) return;
    const row = this.current;
    if (row) this.#editIn(row, number);
    else void this.#editOnceThere(number);
  }

  /** What is typed until the row is there, must not be taken for commands. */
  async #editOnceThere(number: number): Promise<void> {
    const { selected } = this.view;
    this.isComing = true;
    await this.want(selected, selected + 1);
    this.isComing = false;
    const row = this.current;
    if (row && this.view.selected === selected) this.#editIn(row, number);
  }

  #editIn(row: RowView, number: number): void {
    const places = editablesOf(row);
    // A text comes before a list: it is what one corrects.
    const first = places.find(({ isText }) => isText) ?? places[0];
    const place = number === 0 ? first : places[number];
    if (!place) {
      this.toast(row.status === 'failed' ? 'There is no answer yet to edit.' : 'Nothing to edit.');
      return;
    }
    // In the grid there is no room for fields.
    if (place.kind === 'field' && this.view.mode === 'grid') this.show('single');
    this.startEditing({ position: row.position, kind: place.kind, name: place.name });
  }

  startEditing(editing: Editing): void {
    if (!this.source.work) return;
    const index = this.view.indexOf(editing.position);
    if (index >= 0 && index !== this.view.selected) this.view.select(index);
    this.editing = editing;
    this.tell();
  }

  isEditing(position: number, kind: Editing['kind'], name: string): boolean {
    const { editing } = this;
    return editing?.position === position && editing.kind === kind && editing.name === name;
  }

  endEditing(takesFocus: boolean): void {
    this.editing = undefined;
    if (takesFocus) this.focusTurn += 1;
    this.tell();
  }

  /** @param seen what was there when the person began. */
  saveAnswer(row: RowView, answer: AnswerView, value: AnswerValue, seen: AnswerValue): void {
    this.#do(`the change of ${answer.name}`, answerDone(row, answer, value, seen));
  }

  saveField(row: RowView, field: FieldView, value: unknown, seen: unknown): void {
    this.#do(`the change of ${field.name}`, fieldDone(row, field, value, seen));
  }

  /** Accepts or rejects what is chosen; the same once more takes it back. */
  async review(reviewed: Reviewed, positions = this.chosen()): Promise<void> {
    if (!this.source.work) return;
    const answered = (await this.#rowsAt(positions)).filter(({ status }) => status === 'ok');
    if (answered.length === 0) {
      this.toast('There is no answer yet to review.');
      return;
    }
    const isSaid = answered.every((row) => row.reviewed === reviewed);
    const review = isSaid ? 'none' : reviewed;
    const all = answered.map((row) => reviewDone(row, review));
    const done = review === 'none' ? 'the review taken back' : review;
    this.#do(all.length === 1 ? done : `${done}: ${all.length} pictures`, all);
  }

  /** Decides between two answers: keeps what is shown, or takes the other one. */
  decide(row: RowView, item: AnswerView | FieldView, takesOther: boolean): void {
    const done = decisionDone(row, item, takesOther);
    this.#do(takesOther ? 'the other answer taken' : 'the answer kept', done);
  }

  async replace(changes: readonly Replaced[]): Promise<void> {
    const rows = await this.#rowsAt([...new Set(changes.map(({ position }) => position))]);
    const byPosition = new Map(rows.map((row) => [row.position, row]));
    const all = changes.flatMap((change) => {
      const row = byPosition.get(change.position);
      return row ? replacementDone(row, change) : [];
    });
    this.#do(`${all.length} ${all.length === 1 ? 'text' : 'texts'} replaced`, all);
  }

  async #rowsAt(positions: readonly number[]): Promise<readonly RowView[]> {
    try {
      return await this.#rows.all(positions);
    } catch (error) {
      this.#fail(error);
      return [];
    }
  }

  undo(): void {
    const last = this.#undo.take();
    if (!last) {
      this.toast('There is nothing to undo.');
      return;
    }
    this.#queue(last.changes.map(anew));
    this.toast(`Undone: ${last.text}`);
  }

  get undoable(): string | undefined {
    return this.#undo.last?.text;
  }

  /** How many changes the server has not confirmed. */
  get waiting(): number {
    return this.#outbox.waiting.length;
  }

  #do(text: string, all: readonly Done[]): void {
    if (all.length === 0) return;
    this.#undo.add({ text, changes: all.flatMap(({ back }) => back).reverse() });
    this.#queue(all.map(({ change }) => change));
    if (all.length > 1 || all[0]?.change.review !== undefined) this.toast(capital(text));
  }

  #queue(changes: readonly Change[]): void {
    for (const change of changes) {
      this.#rows.alter(change.position, (row) => withChange(row, change));
    }
    this.#outbox.add(changes);
    this.tell();
  }

  /** Words that the server refuses can be gone on with. */
  #keepWords({ position, answer, field, restore }: Change): void {
    if (restore) return;
    if (answer) this.drafts.keep({ position, kind: 'answer', name: answer.name }, answer.value);
    if (field) this.drafts.keep({ position, kind: 'field', name: field.name }, field.value);
  }

  /** What became of a change. */
  #answered(result: ChangeResult, change: Change): void {
    if (result.status === 'refused') {
      this.#rows.outdate(change.position);
      this.#keepWords(change);
      this.toast(`Not saved: ${result.why}.`, true);
    } else {
      this.#rows.put(result.row);
      const { replaced } = result;
      if (replaced) {
        const { by = 'somebody else' } = replaced;
        this.#undo.amend(change.id, (back) => backTo(back, replaced));
        this.toast(`This had been changed meanwhile, by ${by}. Undo brings that back.`, true);
      }
    }
    this.tell();
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
      this.#rows.outdateAll();
      this.view.grow(state.all);
      this.loadCounts();
    }
    if (wasLost) void this.#outbox.send();
    this.tell();
  }

  refresh(): void {
    void this.view.look({});
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

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

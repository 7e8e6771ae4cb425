// `gemini-image write`: puts the answers of a ledger into the metadata of their pictures.
import { basename, dirname } from 'node:path';
import { type ErrorKind, GeminiImageError, inputError, usageError } from '../../domain/error.js';
import type { OkRecord, Written } from '../../domain/record.js';
import type { WriteCounts } from '../../domain/run-summary.js';
import { isDiskFailure } from '../../domain/system-errors.js';
import { displayName, isWebAddress } from '../../images/find/reference.js';
import { type FileFacts, identifyFile } from '../../images/identity/identify-file.js';
import { fileState } from '../../images/open/file.js';
import { throwIfStopped } from '../../network/stop-signals.js';
import { type LedgerRows, openRows } from '../../records/rows/ledger-rows.js';
import type { AnsweredRow, PictureRow } from '../../records/rows/picture-row.js';
import type { CommandContext, Tally } from '../../run/context.js';
import { runnerStdout } from '../../run/printing.js';
import { type Ledger, openLedger, readLedger } from '../../storage/ledger/ledger.js';
import { ledgerKey } from '../../storage/ledger/ledger-key.js';
import { removeLeftOvers } from '../../storage/temporary-file.js';
import type { SidecarNaming } from '../sidecar-names.js';
import { type History, type OwnFields, type OwnWriting, writingOf } from '../written.js';
import { type ChangesOfFile, changeLines, readChangeSet } from './change-set.js';
import type { Rules } from './decide.js';
import type { FieldMap } from './fields.js';
import { type MetadataFile, NotEmbedded } from './metadata-file.js';
import { type Into, Places } from './places.js';
import { type Plan, planAsked, planUndoing, planWriting } from './plan.js';
import { wantedOf } from './wanted.js';

export interface WriteOptions extends Rules {
  /** Undefined if a change set names it. */
  ledger: string | undefined;
  /** Which pictures are written; without it, all of the ledger. */
  isWanted?: ((image: string) => boolean) | undefined;
  map: FieldMap;
  /** Where it is written, and how. */
  into: Into;
  keepTimes: boolean;
  backup: string | undefined;
  /** How a sidecar that has to be made is called. */
  naming: SidecarNaming | undefined;
  /** Whether changes are printed instead of made. */
  dryRun: boolean;
  /** Whether what was there before is put back. */
  undo: boolean;
  /** The change set that is applied. */
  from?: string | undefined;
}

/**
 * Writes, undoes or lists. Each picture that is written gets a record in the ledger.
 *
 * @throws GeminiImageError of kind `usage` if the ledger cannot be read or written.
 */
export async function writeAnswers(options: WriteOptions, context: CommandContext): Promise<Tally> {
  const { tell, signals } = context;
  const ledgerPath = options.ledger ?? (await ledgerOf(options.from));
  const { searchPath } = await context.settings({});
  const places = new Places({ ...options, untouchable: [ledgerPath], searchPath }, tell);
  const rows = await openRows(ledgerPath, { signal: signals.stop, tell });
  try {
    if (options.dryRun) {
      const known = await readLedger(ledgerPath);
      return await new WriteRun(ledgerPath, rows, known, undefined, options, context, places).run();
    }
    const ledger = await openLedger(ledgerPath, { overwrite: false, untouchable: [], tell });
    try {
      return await new WriteRun(ledgerPath, rows, ledger, ledger, options, context, places).run();
    } finally {
      await ledger.close();
    }
  } finally {
    await rows.close();
    await places.close();
  }
}

/** The ledger that a change set names. */
async function ledgerOf(from: string | undefined): Promise<string> {
  if (from !== undefined) {
    for await (const { ledger } of readChangeSet(from)) if (ledger !== undefined) return ledger;
  }
  throw usageError(
    'the writing has to be recorded, and no ledger is named',
    'Name the ledger, such as gemini-image write captions.jsonl.',
  );
}

/** A picture that is to be written, and what is planned for it. */
interface Work {
  record: OkRecord;
  file: MetadataFile;
  plan: Plan;
  /** Plans the same for a sidecar, if the picture cannot be written into. */
  planSidecar?: (error: unknown) => Promise<Work>;
}

type Planned = { image: string; plan: () => Promise<Work | undefined> };

class WriteRun {
  readonly #ledgerPath: string;
  readonly #rows: LedgerRows;
  readonly #known: History;
  /** Undefined for a dry run, which records nothing. */
  readonly #ledger: Pick<Ledger, 'append'> | undefined;
  readonly #options: WriteOptions;
  readonly #context: CommandContext;
  readonly #places: Places;
  readonly #counts: WriteCounts = {
    ...{ written: 0, embedded: 0, made: 0, asBefore: 0, keptBefore: 0, keptSince: 0, failed: 0 },
    ...{ unanswered: 0, notOfOneFile: 0 },
  };
  readonly #swept = new Set<string>();
  readonly #failures: ErrorKind[] = [];
  #print: (text: string) => Promise<void> = async () => {};

  constructor(
    ledgerPath: string,
    rows: LedgerRows,
    known: History,
    ledger: Pick<Ledger, 'append'> | undefined,
    options: WriteOptions,
    context: CommandContext,
    places: Places,
  ) {
    this.#ledgerPath = ledgerPath;
    this.#rows = rows;
    this.#known = known;
    this.#ledger = ledger;
    this.#options = options;
    this.#context = context;
    this.#places = places;
  }

  async run(): Promise<Tally> {
    const { signals, tell } = this.#context;
    const { dryRun, undo, from } = this.#options;
    if (dryRun) {
      const stdout = await runnerStdout('jsonl', this.#context);
      this.#print = (text) => stdout.write(text);
    }
    let ended: GeminiImageError | undefined;
    try {
      for await (const work of from === undefined ? this.#all() : this.#fromChangeSet(from)) {
        throwIfStopped(signals);
        await this.#attempt(work.image, work.plan);
      }
    } catch (error) {
      if (!(error instanceof GeminiImageError)) throw error;
      if (error.kind !== 'interrupted' && !error.endsRun) throw error;
      ended = error;
    }
    const counts = this.#counts;
    tell({ type: 'writeSummary', ...counts, dryRun, undo, isBeside: this.#options.into === 'xmp' });
    if (ended && ended.kind !== 'interrupted') tell({ type: 'failed', error: ended });
    return {
      produced: counts.written + counts.asBefore,
      failures: this.#failures,
      ...(ended && { ended: ended.kind }),
    };
  }

  /** The pictures of the ledger, each with the function that plans what to write. */
  async *#all(): AsyncGenerator<Planned> {
    const { isWanted = () => true, undo } = this.#options;
    for await (const batch of this.#rows.batches(this.#context.signals.stop)) {
      for (const row of batch) {
        const image = this.#imageOf(row);
        if (image === undefined || !isWanted(image)) continue;
        if (row.status === 'failed') {
          this.#counts.unanswered += 1;
          continue;
        }
        if (undo) yield* this.#undoings(image, row);
        else yield { image, plan: () => this.#planRow(image, row) };
      }
    }
  }

  /** Each file that was written about a picture. */
  async *#undoings(image: string, row: AnsweredRow): AsyncGenerator<Planned> {
    for (const [name, fields] of await this.#own(image)) {
      if (fields.size > 0) yield { image, plan: () => this.#planUndo(image, row, name, fields) };
    }
  }

  async *#fromChangeSet(path: string): AsyncGenerator<Planned> {
    const { isWanted = () => true } = this.#options;
    for await (const asked of readChangeSet(path)) {
      if (!isWanted(asked.file)) continue;
      yield { image: asked.file, plan: () => this.#planAsked(asked) };
    }
  }

  /** The only file of a row; a question about several has an answer that is about none of them. */
  #imageOf({ pictures }: PictureRow): string | undefined {
    const [picture, ...others] = pictures;
    const image = picture?.image;
    const isFile = image !== undefined && image !== '-' && !isWebAddress(image);
    // A page has no metadata of its own, and a PDF none that is written here.
    const isPart = picture !== undefined && ('page' in picture || isPdf(picture));
    if (isFile && !isPart && others.length === 0) return image;
    if (!this.#options.isWanted) this.#counts.notOfOneFile += 1;
    return undefined;
  }

  async #attempt(image: string, plan: () => Promise<Work | undefined>): Promise<void> {
    const label = displayName(image);
    try {
      const work = await plan();
      if (work) await this.#carryOutOrBeside(image, label, work);
    } catch (error) {
      if (!(error instanceof GeminiImageError) || error.endsRun) throw error;
      if (error.kind === 'interrupted') throw error;
      // A disk that is full or gone fails for every other picture, too.
      if (isDiskFailure(error.cause)) {
        const hint = 'See to that and give the same command again: what was written is recorded.';
        throw error.with({ reason: 'output', hint });
      }
      this.#failures.push(error.kind);
      this.#counts.failed += 1;
      this.#context.tell({ type: 'failed', error, about: label });
    }
  }

  async #planRow(image: string, row: AnsweredRow): Promise<Work> {
    const record = await this.#recordOf(image, row);
    const own = await this.#own(image);
    const planFor = async (file: MetadataFile): Promise<Work> => ({
      record,
      file,
      plan: await this.#proposed(image, row, file, own),
    });
    const planSidecar = async (error: unknown) => planFor(await this.#places.instead(image, error));
    return { ...(await planFor(await this.#places.open(image, own))), planSidecar };
  }

  async #proposed(
    image: string,
    row: AnsweredRow,
    file: MetadataFile,
    own: OwnWriting,
  ): Promise<Plan> {
    const others = await this.#places.others(image, file, own);
    const state = { file, others, own: own.get(basename(file.path)) };
    return planWriting(wantedOf(row, this.#options.map), state, this.#options);
  }

  async #planUndo(image: string, row: AnsweredRow, name: string, fields: OwnFields): Promise<Work> {
    const record = await this.#recordOf(image, row);
    const file = await this.#places.openNamed(image, name);
    return { record, file, plan: planUndoing(fields, file, this.#options.force) };
  }

  async #planAsked(asked: ChangesOfFile): Promise<Work> {
    const { file: image, to, changes } = asked;
    const row = this.#rows.find(image);
    if (row?.status !== 'ok') {
      throw inputError(`${this.#ledgerPath} has no answer about it`, 'Name it as the ledger does.');
    }
    const record = await this.#recordOf(image, row);
    const own = await this.#own(image);
    const file = await this.#askedPlace(image, to, own);
    const proposed = await this.#proposed(image, row, file, own);
    return { record, file, plan: planAsked(changes, proposed, file, this.#options.force) };
  }

  async #askedPlace(image: string, to: string | undefined, own: OwnWriting): Promise<MetadataFile> {
    if (to === undefined) return this.#places.open(image, own);
    if (to === basename(image)) return this.#places.openNamed(image, to);
    const file = await this.#places.openSidecar(image);
    if (to === basename(file.path)) return file;
    throw inputError(
      `the change is for ${to}, and its sidecar is ${basename(file.path)} now`,
      'List the changes again with --dry-run.',
    );
  }

  #own(image: string): Promise<OwnWriting> {
    // What is to be written is in the ledger, under this name.
    return writingOf(image, this.#known, async () => undefined);
  }

  /** @throws GeminiImageError of kind `input` if the file is not the picture that was described. */
  async #recordOf(image: string, row: AnsweredRow): Promise<OkRecord> {
    const record = row.newest;
    if (!('image' in record)) throw new Error('a record of several pictures stands for one');
    const state = fileState(image);
    if (!state) throw inputError('no such file', 'Run it from the folder where it was described.');
    const { size, mtime, sha256, pictureSha256 } = record;
    if (state.size === size && mtime !== undefined && state.mtimeMs === Date.parse(mtime)) {
      return record;
    }
    const now = await identifyFile({ source: image }, this.#context.signals.abort);
    const isSame =
      now?.sha256 === sha256 ||
      (pictureSha256 !== undefined && now?.pictureSha256 === pictureSha256);
    if (isSame) return record;
    throw inputError(
      'it is not the picture that was described: its pixels are others',
      'Describe it again, and then write.',
    );
  }

  async #carryOutOrBeside(image: string, label: string, work: Work): Promise<void> {
    try {
      await this.#carryOut(image, label, work);
    } catch (error) {
      if (!(error instanceof NotEmbedded)) throw error;
      if (!work.planSidecar) throw inputError(error.why, 'It is as it was.');
      await this.#carryOut(image, label, await work.planSidecar(error));
    }
  }

  async #carryOut(image: string, label: string, { record, file, plan }: Work): Promise<void> {
    const { tell } = this.#context;
    const { dryRun } = this.#options;
    const { changes, kept } = plan;
    for (const { field, why } of kept) {
      if (why === 'there before') this.#counts.keptBefore += 1;
      else {
        this.#counts.keptSince += 1;
        tell({ type: 'fieldKept', name: label, field });
      }
    }
    const to = basename(file.path);
    if (changes.length === 0) {
      this.#counts.asBefore += 1;
      if (plan.found.length === 0) return;
      await this.#record(record, { to, fields: fieldsOf(plan.found) }, file.isPicture);
      return;
    }
    for (const { field, isCut } of changes) {
      if (isCut) tell({ type: 'fieldCut', name: label, field: field.name });
    }
    if (dryRun) {
      await this.#print(changeLines({ file: image, to, ledger: this.#ledgerPath }, changes));
    } else {
      await this.#sweep(dirname(file.path));
      const facts = await file.write(changes);
      const written = { to, fields: fieldsOf([...plan.found, ...changes]) };
      await this.#record(record, written, file.isPicture, facts);
    }
    this.#counts.written += 1;
    if (file.isPicture) this.#counts.embedded += 1;
    if (!file.exists) this.#counts.made += 1;
  }

  /** Removes what a killed run has left in a folder. */
  async #sweep(folder: string): Promise<void> {
    if (this.#swept.has(folder)) return;
    this.#swept.add(folder);
    await removeLeftOvers(folder);
  }

  /**
   * Records a writing. If the picture itself was written, its newest answer to each question is
   * recorded anew, with what the file is now: the next run does not have to look into it.
   */
  async #record(
    record: OkRecord,
    written: Written,
    isPicture: boolean,
    facts?: FileFacts,
  ): Promise<void> {
    if (!isPicture) return this.#append(record, {}, written);
    const now = facts ?? (await identifyFile({ source: record.image })) ?? {};
    const questions = new Set([questionOf(record)]);
    const others: OkRecord[] = [];
    for await (const other of this.#known.recordsUnder(ledgerKey([record.image]))) {
      if (!('image' in other) || !isOfSamePicture(other, record)) continue;
      if (questions.has(questionOf(other))) continue;
      questions.add(questionOf(other));
      others.push(other);
    }
    // The newest one stays the newest.
    for (const other of others.reverse()) await this.#append(other, now);
    await this.#append(record, now, written);
  }

  async #append(record: OkRecord, now: Partial<FileFacts>, written?: Written): Promise<void> {
    const { usage: _, costUsd: __, cached: ___, written: ____, ...facts } = record;
    await this.#ledger?.append({ ...facts, ...now, durationMs: 0, ...(written && { written }) });
  }
}

/** What tells one question from another. */
function questionOf({ request, requests, asked }: OkRecord): string {
  return JSON.stringify(requests ?? request ?? asked ?? null);
}

function isOfSamePicture(one: OkRecord, other: OkRecord): boolean {
  return (
    one.sha256 === other.sha256 ||
    (one.pictureSha256 !== undefined && one.pictureSha256 === other.pictureSha256)
  );
}

function fieldsOf(changes: Plan['changes']): Written['fields'] {
  return Object.fromEntries(
    changes.map(({ field, old, new: value, edited }) => [
      field.name,
      { old, new: value, ...(edited && { edited }) },
    ]),
  );
}

function isPdf(picture: { image: string; mimeType?: string }): boolean {
  return picture.mimeType === 'application/pdf';
}

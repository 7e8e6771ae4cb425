// `gemini-image review --static`: a folder with the page over a ledger, to be looked at without a server.
import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { type ErrorKind, GeminiImageError, interrupted } from '../../domain/error.js';
import type { EventFacts } from '../../domain/events.js';
import { createCallSlots } from '../../engine/concurrency.js';
import { startDecoding } from '../../images/decoders/decode-apart.js';
import type { PictureRow } from '../../records/rows/picture-row.js';
import type { CommandContext, Tally } from '../../run/context.js';
import { inFolder, openWholeFolder } from '../../storage/whole-folder.js';
import type { FailureView, RowView, State } from '../api.js';
import { changesWaiting, journalPath } from '../keeper.js';
import { type LedgerView, openLedgerView } from '../ledger-view.js';
import { readStaticFiles } from '../page-files.js';
import { pictureMaker } from '../pictures.js';
import { inlined, pageAfter, pageBefore } from './one-file.js';
import { PicturesBeside } from './pictures-beside.js';
import { ShownNames } from './shown-names.js';

export interface StaticPageOptions {
  ledger: string;
  /** The folder that is written. */
  folder: string;
  /** Whether the pictures are taken along; otherwise the page leads to them where they are. */
  copies: boolean;
  /** Whether an earlier export that has changed is replaced; it is kept as `x~` then. */
  overwrite: boolean;
}

const FLAG = '--static';
const PAGE = 'index.html';
/** So many pictures are being made while others wait for their place. */
const AT_ONCE = availableParallelism() + 1;
const AHEAD = 8 * AT_ONCE;

/**
 * Writes the export. It appears whole or not at all.
 *
 * @throws GeminiImageError of kind `usage` if the ledger cannot be read or the folder not be written;
 *   of kind `input` if pictures cannot be decoded here; of kind `interrupted`.
 */
export async function writeStaticPage(
  options: StaticPageOptions,
  context: CommandContext,
): Promise<Tally> {
  const { ledger, folder: target } = options;
  const { tell, stdout, signals } = context;
  const signal = signals.abort;
  const view = await openLedgerView(ledger, { signal, tell });
  try {
    if (view.count > 0) await startDecoding('--static needs sharp for small pictures, which');
    const folder = await openWholeFolder(target, { overwrite: options.overwrite, flag: FLAG });
    const lacking = new Lacking();
    try {
      const cache = await (await context.settings({})).cacheFolder().catch(() => undefined);
      const pictures = new PicturesBeside({
        ...{ ledger, target, folder: folder.path, copies: options.copies, signal },
        pictures: pictureMaker(ledger, cache),
      });
      await writePage(join(folder.path, PAGE), rowsOf(view, ledger), {
        pictures,
        lacking,
        context,
      });
      await folder.commit();
    } catch (error) {
      await folder.discard();
      if (error instanceof GeminiImageError) throw error;
      inFolder(target, FLAG)(error);
    } finally {
      tell({ type: 'progressOver' });
    }
    const path = join(target, PAGE);
    const waiting = await changesWaiting(ledger);
    if (waiting > 0) tell({ type: 'reviewLeft', changes: waiting, path: journalPath(ledger) });
    for (const one of lacking.all()) tell({ type: 'reviewLacks', ...one });
    tell({ type: 'reviewWritten', path, rows: view.count });
    await stdout.write(`${path}\n`);
    return { produced: view.count, failures: lacking.failures };
  } finally {
    await view.close();
  }
}

interface Rows {
  state: State;
  count: number;
  names: ShownNames;
  /** A row with its pictures as the ledger names them. */
  at(position: number): { row: PictureRow; view: RowView };
}

function rowsOf(view: LedgerView, ledger: string): Rows {
  const { count } = view;
  const names = new ShownNames();
  for (let position = 0; position < count; position += 1) {
    const row = view.row(position);
    for (const { image } of row?.pictures ?? []) names.note(image);
    for (const page of view.view(position)?.place?.at ?? []) names.note(page);
  }
  return {
    state: {
      ...{ ledger: basename(ledger), version: view.version, all: count, names: view.names },
      kept: 0,
    },
    ...{ count, names },
    at(position) {
      const [row, shown] = [view.row(position), view.view(position)];
      if (!row || !shown) throw new Error('a row that is counted is not there');
      return { row, view: shown };
    },
  };
}

interface Making {
  pictures: PicturesBeside;
  lacking: Lacking;
  context: Pick<CommandContext, 'tell' | 'signals'>;
}

/** Rows are written in their order, and as soon as their pictures are made, so that few are held. */
async function writePage(path: string, rows: Rows, making: Making): Promise<void> {
  const { tell, signals } = making.context;
  const files = await readStaticFiles();
  const page = await open(path, 'wx');
  const slots = createCallSlots(AT_ONCE);
  const ahead: Promise<string>[] = [];
  let written = 0;
  const writeFirst = async () => {
    await page.appendFile(`${written === 0 ? '' : ',\n'}${await ahead.shift()}`);
    written += 1;
    tell({ type: 'progress', total: rows.count, described: written, skipped: 0, failed: 0 });
  };
  try {
    await page.appendFile(pageBefore(files, rows.state.ledger));
    await page.appendFile(`{"state":${inlined(rows.state)},"rows":[\n`);
    for (let position = 0; position < rows.count; position += 1) {
      if (signals.abort.aborted) throw interrupted(signals.abort);
      const made = slots.use(async () => inlined(await rowAt(position, rows, making)));
      // It is waited for in its turn.
      made.catch(() => {});
      ahead.push(made);
      if (ahead.length >= AHEAD) await writeFirst();
    }
    while (ahead.length > 0) await writeFirst();
    await page.appendFile(`]}${pageAfter(files)}`);
  } finally {
    await Promise.allSettled(ahead);
    await page.close();
  }
}

async function rowAt(
  position: number,
  { at, names }: Rows,
  { pictures, lacking }: Making,
): Promise<RowView> {
  const { row, view } = at(position);
  const shown = await Promise.all(
    row.pictures.map(async (picture, number) => {
      const { isFar, isElsewhere, problem, ...links } = await pictures.add(
        picture,
        position,
        number,
      );
      const name = names.of(picture.image);
      if (isElsewhere && picture.image !== '-') lacking.add('elsewhere', name);
      if (isFar) lacking.add('far', name);
      if (problem !== undefined) lacking.add('broken', name, problem);
      const { thumb: _, large: __, ...facts } = view.pictures[number] ?? {};
      return { ...facts, name, ...links };
    }),
  );
  const { failure, place } = view;
  return {
    ...view,
    pictures: shown,
    ...(place && { place: { ...place, at: place.at.map((page) => names.of(page)) } }),
    ...(failure && { failure: withoutFolders(failure, names) }),
  };
}

function withoutFolders(failure: FailureView, names: ShownNames): FailureView {
  const { message, hint } = failure;
  return {
    ...failure,
    message: names.within(message),
    ...(hint !== undefined && { hint: names.within(hint) }),
  };
}

type Lack = EventFacts['reviewLacks'];

/** What the export does not have of the pictures. */
class Lacking {
  readonly #byWhat = new Map<Lack['what'], Lack>();

  add(what: Lack['what'], name: string, why = ''): void {
    const {
      first,
      why: firstWhy,
      count,
    } = this.#byWhat.get(what) ?? { first: name, why, count: 0 };
    this.#byWhat.set(what, { what, first, why: firstWhy, count: count + 1 });
  }

  all(): Iterable<Lack> {
    return this.#byWhat.values();
  }

  get failed(): number {
    return this.#byWhat.get('broken')?.count ?? 0;
  }

  get failures(): ErrorKind[] {
    return this.failed > 0 ? ['input'] : [];
  }
}

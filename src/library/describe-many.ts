import { GeminiImageError, interrupted, usageError } from '../domain/error.js';
import { isObject } from '../domain/json.js';
import type { OkRecord, TogetherOkRecord } from '../domain/record.js';
import type { Budget } from '../engine/budget.js';
import { asFinished, inOrder } from '../engine/delivery.js';
import { createEqualPictures } from '../engine/equal-pictures.js';
import { askMany, type RunTask } from '../engine/many-images.js';
import { failure, type Outcome } from '../engine/outcome.js';
import { readAnswer, readStyles } from '../engine/read-recorded.js';
import {
  informedWanted,
  type PartlyRecorded,
  recordedAnswers,
  wantedOf,
} from '../engine/recorded-answers.js';
import type { AnyGroup, Pending } from '../engine/remaining.js';
import { createRunBudget } from '../engine/run-budget.js';
import { createRunStop, type RunStop } from '../engine/run-stop.js';
import { priceOf } from '../gemini/models.js';
import { Pacer } from '../gemini/pacing/pacer.js';
import type { ImageReference } from '../images/find/reference.js';
import type { NamedBytes } from '../images/load.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import { type Calls, finished, type Wanted } from './calls.js';
import { createHandOver, iteratorOf, nextUnlessStopped } from './hand-over.js';
import { recordInOptions, thrownInOptions } from './option-words.js';
import type { CheckedClient, DescribeManyOptions } from './options.js';
import { type GroupInputs, groupOf, type ImageInputs, pictureOf } from './picture.js';
import type { DescribedGroup, DescribedRecord } from './records.js';

const CONCURRENCY = 8;

/** How long calls on their way may go on when the reader leaves, if there is a ledger for them. */
const GRACE_MS = 5000;

/** Describes pictures, several at once. See `GeminiImage.describeMany`. */
export async function* describeMany<Data>(
  calls: Calls,
  pictures: ImageInputs | GroupInputs,
  options: DescribeManyOptions<Data>,
): AsyncGenerator<DescribedRecord<Data> | DescribedGroup<Data>, void, void> {
  const source = iteratorOf(pictures);
  yield* askedAbout(calls, source, await calls.wanted(options), options);
}

/** How many pictures are asked about, whatever is asked. */
export interface ManyOptions extends Omit<DescribeManyOptions, 'schema'> {
  /** So many are asked about; those that the ledger has do not count. */
  limit?: number | undefined;
}

/** The records of pictures of which each is asked the same, several at once. */
export async function* askedAbout<Data>(
  calls: Calls,
  source: ReturnType<typeof iteratorOf>,
  { task, knowFrom, finish }: Wanted,
  options: ManyOptions,
): AsyncGenerator<DescribedRecord<Data> | DescribedGroup<Data>, void, void> {
  const { signal, onEvent = calls.client.onEvent } = options;
  const gone = new AbortController();
  const abort = signal ? AbortSignal.any([signal, gone.signal]) : gone.signal;
  const run = createRunStop({ stop: signal ?? gone.signal, abort });
  const budget = budgetOf(options, task.model, run, calls.client);
  const ledger = await openLedgerAt(options.ledger, onEvent);
  const stopListening = calls.listen(options.onEvent);
  const known = new WeakSet<Outcome>();
  const manyTask: RunTask = {
    ...task,
    know: knowFrom?.(ledger),
    ...{ signals: run, budget, equals: createEqualPictures(), pace: paceOf(options) },
    concurrency: options.concurrency ?? CONCURRENCY,
    readRecorded: async ({ partly }) => (ledger ? readStyles(partly, ledger) : {}),
    async alongside(outcome) {
      if (ledger && !known.has(outcome)) await ledger.append(outcome.record);
    },
  };
  const recordOf = recordsIn(ledger, manyTask, finish);
  const pending = pendingOf(source, run, recordOf, known, options.limit);
  const results = createHandOver<Outcome>();
  const deliver = { outcome: (outcome: Outcome) => results.give(outcome) };
  const delivery = options.inOrder === true ? inOrder(deliver) : asFinished(deliver);
  const asking = askMany(pending, calls.gemini, manyTask, delivery).then(
    () => results.end(),
    (error: unknown) => results.end({ error }),
  );
  try {
    for await (const { record } of results.taken()) {
      yield await forProgram<Data>(record, finish);
    }
    if (run.reason) thrownInOptions(run.reason);
  } finally {
    run.end(interrupted());
    results.close();
    const late = setTimeout(() => gone.abort(), ledger ? GRACE_MS : 0);
    await asking;
    clearTimeout(late);
    await pending.return();
    stopListening();
    run.close();
    await ledger?.close();
  }
  if (ledger?.displaced) throw ledger.displaced;
}

/** A record with the data that the validator makes; one that it refuses at last is a failure. */
async function forProgram<Data>(
  record: Outcome['record'],
  finish: Wanted['finish'],
): Promise<DescribedRecord<Data> | DescribedGroup<Data>> {
  if (record.status === 'failed') return recordInOptions(record);
  try {
    return await finished<Data>(record, finish);
  } catch (error) {
    const { asked, request, requests } = record;
    const question = { ...(asked && { asked }), request, ...(requests && { requests }) };
    const { usage, costUsd } = record;
    const refused = recordInOptions(failure(namedIn(record), error, question).record);
    return { ...refused, ...(usage && { usage }), ...(costUsd !== undefined && { costUsd }) };
  }
}

/** What its record calls a picture, or a group and its pictures. */
function namedIn(record: OkRecord | TogetherOkRecord) {
  if ('image' in record) return { image: record.image };
  const images = record.images.map(({ image }) => ({ image }));
  return { images, ...(record.group !== undefined && { group: record.group }) };
}

/** What is to be done about each picture: to ask, or nothing, since its record is there. */
async function* pendingOf(
  source: AsyncIterator<unknown> | Iterator<unknown>,
  run: RunStop,
  recordOf: (asked: Asked) => Promise<OkRecord | TogetherOkRecord | PartlyRecorded | undefined>,
  known: WeakSet<Outcome>,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<Pending<AnyGroup>, void, void> {
  const knownAs = (outcome: Outcome): Pending<AnyGroup> => {
    known.add(outcome);
    return { kind: 'known', outcome };
  };
  let asked = 0;
  try {
    for (let number = 1; asked < limit; number += 1) {
      const next = await nextUnlessStopped(source, run.stop);
      if (!next || next.done) return;
      const image = groupOf(next.value) ?? pictureOf(next.value, `image ${number}`);
      if ('kind' in image && image.kind === 'failed') {
        yield { kind: 'failed', about: { image: image.id }, images: [], error: image.error };
        continue;
      }
      const record = await recordOf(image).catch((error: unknown) => {
        // The ledger cannot be read or written any more, which concerns all pictures.
        if (error instanceof GeminiImageError) run.end(error);
        throw error;
      });
      if (record && !('partly' in record)) yield knownAs({ record });
      else {
        asked += 1;
        yield { kind: 'ask', asked: image, ...(record && { recorded: record }) };
      }
    }
  } finally {
    Promise.resolve(source.return?.()).catch(() => undefined);
  }
}

type Asked = ImageReference | NamedBytes | AnyGroup;

/** Finds the records of earlier runs; each is given again as one that cost nothing. */
function recordsIn(ledger: Ledger | undefined, task: RunTask, finish: Wanted['finish']) {
  if (!ledger) return async () => undefined;
  const finder = (together: boolean) =>
    recordedAnswers({
      ledger,
      wanted: wantedOf(task, together),
      wantedAbout: task.know && informedWanted(task, together),
      together,
      signal: task.signals.abort,
    });
  const [findOne, findGroup] = [finder(false), finder(true)];
  return async (
    asked: Asked,
  ): Promise<OkRecord | TogetherOkRecord | PartlyRecorded | undefined> => {
    const answer = await ('images' in asked ? findGroup(asked.images) : findOne([asked]));
    if (answer && 'partly' in answer) return answer;
    const record = answer && (await readAnswer(answer, ledger));
    if (!record) return undefined;
    if (!isByPerson(record) && !(await isAccepted(record, finish))) return undefined;
    const { usage: _, ...free } = record;
    return { ...free, costUsd: 0, durationMs: 0 };
  };
}

/** What a person wrote or looked through is not asked again. */
function isByPerson(record: OkRecord | TogetherOkRecord): boolean {
  return isObject(record) && ('edited' in record || 'reviewed' in record);
}

/** The validator may have other rules by now than the answer was asked for with. */
async function isAccepted(
  { data }: OkRecord | TogetherOkRecord,
  finish: Wanted['finish'],
): Promise<boolean> {
  return finish(data).then(
    () => true,
    () => false,
  );
}

function paceOf({ rpm, tpm }: ManyOptions): RunTask['pace'] {
  if (rpm === undefined && tpm === undefined) return undefined;
  return new Pacer({
    pace: {
      ...(rpm !== undefined && { requestsPerMinute: rpm }),
      ...(tpm !== undefined && { tokensPerMinute: tpm }),
    },
  });
}

function budgetOf(
  { maxCostUsd, onEvent }: ManyOptions,
  model: string,
  run: RunStop,
  client: CheckedClient,
): Budget | undefined {
  if (maxCostUsd === undefined) return undefined;
  const tier = client.tierFallback ? 'standard' : client.tier;
  const price = priceOf(model, new Date(), tier);
  const tell = onEvent ?? client.onEvent;
  if (price) return createRunBudget({ maxCostUsd, price, tell, setBy: 'maxCostUsd' }, run);
  throw usageError(
    `no price is known for ${model}, so maxCostUsd cannot be kept`,
    'Leave out maxCostUsd, or give fewer pictures.',
  );
}

async function openLedgerAt(
  path: string | undefined,
  tell: DescribeManyOptions['onEvent'],
): Promise<Ledger | undefined> {
  if (path === undefined) return undefined;
  const { openLedger } = await import('../storage/ledger/ledger.js');
  return openLedger(path, { overwrite: false, untouchable: [], tell }).catch(thrownInOptions);
}

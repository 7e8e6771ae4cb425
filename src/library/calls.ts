import type { Detection } from '../domain/box.js';
import type { Brief } from '../domain/brief.js';
import { usageError } from '../domain/error.js';
import type { ProgramListener } from '../domain/events.js';
import type { KnownKind } from '../domain/known.js';
import { modelSettingsIn } from '../domain/model-settings.js';
import { parseBackground } from '../domain/picture.js';
import type { OkRecord, TogetherOkRecord } from '../domain/record.js';
import type { Task } from '../engine/engine-task.js';
import { naming } from '../engine/outcome.js';
import { askOne } from '../engine/question.js';
import type { AnyGroup } from '../engine/remaining.js';
import { isLocalService } from '../gemini/base-url.js';
import { createClient, type GeminiClient } from '../gemini/client.js';
import { parseModel } from '../gemini/models.js';
import type { ImageReference } from '../images/find/reference.js';
import type { NamedBytes } from '../images/load.js';
import { withoutGrace } from '../network/stop-signals.js';
import type { History } from '../photos/written.js';
import type { AnswerCache } from '../storage/answer-cache.js';
import type { CheckResult } from '../tasks/check/verdict.js';
import { briefFor } from '../tasks/describe/prompt.js';
import { errorInOptions, thrownInOptions } from './option-words.js';
import type { CallOptions, CheckedClient, CheckOptions, DescribeOptions } from './options.js';
import { groupOf, type ImageInput, type JointInput, onePicture, together } from './picture.js';

type OnText = (text: string) => Promise<void>;

/** What a program asks about each picture, and what becomes of the data of the answer. */
export interface Wanted {
  task: Task;
  /** What is known about a picture, less what an earlier run of a ledger has written. */
  knowFrom?: ((history: History | undefined) => NonNullable<Task['know']>) | undefined;
  finish(data: unknown): Promise<unknown>;
}

/** The calls of one client, which share its connection, its pace and its cache. */
export interface Calls {
  readonly gemini: GeminiClient;
  readonly client: CheckedClient;
  /** Describes one picture, or asks one question about several. */
  describe<Data>(
    pictures: ImageInput | JointInput,
    options: DescribeOptions<Data>,
  ): Promise<OkRecord<Data> | TogetherOkRecord<Data>>;
  describeOne<Data>(
    picture: ImageInput,
    options: DescribeOptions<Data>,
    onText?: OnText,
  ): Promise<OkRecord<Data>>;
  check(
    pictures: ImageInput | JointInput,
    claims: string | readonly string[],
    options: CheckOptions,
  ): Promise<OkRecord<CheckResult> | TogetherOkRecord<CheckResult>>;
  detect(
    picture: ImageInput,
    what: string | readonly string[] | undefined,
    options: CallOptions,
  ): Promise<OkRecord<Detection>>;
  /** What `describe` asks about every picture with these options. */
  wanted(options: DescribeOptions): Promise<Wanted>;
  /** What a brief asks of every picture. */
  taskOf(brief: Brief, options: CallOptions): Promise<Task>;
  /** Lets a listener know of pauses of all calls; returns what ends that. */
  listen(listener: ProgramListener | undefined): () => void;
}

export function createCalls(client: CheckedClient, retriesByDefault: number): Calls {
  const { apiKey, baseUrl, proxy, store, tier, tierFallback, rpm, tpm } = client;
  const { timeoutMs = tier === 'flex' ? 600_000 : 120_000, retries = retriesByDefault } = client;
  const listeners = new Set<ProgramListener>(client.onEvent ? [client.onEvent] : []);
  const gemini = createClient({
    ...{ apiKey, baseUrl, timeoutMs, retries, proxy, tier },
    waitsForLimits: client.retries === undefined,
    store: store === true,
    tierFallback: tierFallback === true,
    pace: {
      ...(rpm !== undefined && { requestsPerMinute: rpm }),
      ...(tpm !== undefined && { tokensPerMinute: tpm }),
    },
    tell(event) {
      for (const listener of listeners) listener(event);
    },
  });
  const caches = new Map<string, Promise<AnswerCache>>();
  /** Calls that keep their answers in the same folder also share those that are on their way. */
  const cacheIn = (folder: string): Promise<AnswerCache> => {
    const cache =
      caches.get(folder) ??
      import('../storage/answer-cache.js').then(({ openAnswerCache }) =>
        openAnswerCache(folder, (event) => client.onEvent?.(event), baseUrl),
      );
    caches.set(folder, cache);
    return cache;
  };

  const taskOf = async (
    brief: Brief,
    options: CallOptions,
    { takesPdf = true } = {},
  ): Promise<Task> => {
    const chosen = { ...client, ...withoutAbsent(options) };
    const { maxEdge, keepMetadata = false, original = false, damaged = false } = chosen;
    const { allowPrivateHosts = false, background, cache, onEvent } = chosen;
    const { decodeTimeoutMs, decodeMemoryMb } = chosen;
    const decodeLimits = {
      ...(decodeTimeoutMs !== undefined && { timeoutMs: decodeTimeoutMs }),
      ...(decodeMemoryMb !== undefined && { memoryBytes: decodeMemoryMb * 1e6 }),
    };
    const web = { timeoutMs: client.timeoutMs ?? 120_000, retries, allowPrivateHosts, proxy };
    return {
      brief,
      tier,
      model: options.model === undefined ? client.model : parseModel(options.model),
      settings: modelSettingsIn(chosen),
      isLocal: isLocalService(baseUrl),
      load: {
        ...{ web, maxEdge, keepMetadata, original, damaged, takesPdf, decodeLimits },
        background: background === undefined ? undefined : parseBackground(background),
      },
      cache: cache === undefined ? undefined : await cacheIn(cache),
      signals: options.signal && withoutGrace(options.signal),
      tell: onEvent,
    };
  };

  const wanted = async (options: DescribeOptions): Promise<Wanted> => {
    const { schema, fields, keepGood, style } = options;
    if (keepGood && [style ?? []].flat().length < 2) {
      throw usageError('keepGood keeps the right answers of several styles', 'Leave it out.');
    }
    const { know, ...asked } = await withWords(options).catch(thrownInOptions);
    const knowFrom = know && (await knowing(know, options.onEvent ?? client.onEvent));
    if (schema === undefined && fields === undefined) {
      const brief = await briefFor(asked).catch(thrownInOptions);
      return { task: await taskOf(brief, options), knowFrom, finish: async (data) => data };
    }
    const { schemaQuestion } = await import('./schema.js');
    const onEvent = options.onEvent ?? client.onEvent;
    const question = schemaQuestion({ schema, fields }, asked, onEvent);
    const { brief, finish } = await question.catch(thrownInOptions);
    return { task: await taskOf(brief, options), knowFrom, finish };
  };

  const ask = async (picture: ImageInput, task: Task): Promise<OkRecord> => {
    const image = named(picture);
    const isNamed = !(picture instanceof Uint8Array);
    try {
      return await askOne(image, gemini, task);
    } catch (error) {
      const told = errorInOptions(error);
      throw isNamed ? naming(image.label, told) : told;
    }
  };

  /** One question about several pictures. */
  const askAboutAll = async (pictures: Joint, task: Task): Promise<TogetherOkRecord> => {
    const { askGroup, askJointly } = await import('../engine/together.js');
    if (!('kind' in pictures)) {
      return askJointly({ images: pictures, labelled: true }, gemini, task).catch(thrownInOptions);
    }
    return askGroup(pictures, gemini, task).catch((error: unknown) => {
      throw naming(pictures.label, errorInOptions(error));
    });
  };

  return {
    gemini,
    client,
    ...{ wanted, taskOf },
    async describe<Data>(pictures: ImageInput | JointInput, options: DescribeOptions<Data>) {
      const joint = jointlyIn(pictures);
      if (!joint) return this.describeOne(pictures as ImageInput, options);
      const { task, knowFrom, finish } = await wanted(options);
      const record = await askAboutAll(joint, { ...task, know: knowFrom?.(undefined) });
      return finished<Data>(record, finish);
    },
    async describeOne<Data>(picture: ImageInput, options: DescribeOptions<Data>, onText?: OnText) {
      const { task: plain, knowFrom, finish } = await wanted(options);
      const task = { ...plain, know: knowFrom?.(undefined) };
      if (onText && task.brief.schema) {
        throw usageError('an answer in JSON has to be whole, and cannot be streamed');
      }
      const record = await ask(picture, { ...task, onText });
      return finished<Data>(record, finish);
    },
    async check(pictures, claims, options) {
      const all = typeof claims === 'string' ? [claims] : claims;
      if (!Array.isArray(all) || all.length === 0 || !all.every(isText)) {
        throw usageError('claims must be a text that is not empty, or a list of those');
      }
      const { checkBrief } = await import('../tasks/check/check-brief.js');
      const joint = jointlyIn(pictures);
      const brief = checkBrief(all, { together: joint !== undefined });
      const task = { ...(await taskOf(brief, options)), votes: options.votes };
      return joint
        ? ((await askAboutAll(joint, task)) as TogetherOkRecord<CheckResult>)
        : ((await ask(pictures as ImageInput, task)) as OkRecord<CheckResult>);
    },
    async detect(picture, what, options) {
      const names = what === undefined ? [] : [what].flat();
      const isNothing = what !== undefined && !names.some((name) => /[^\s,]/.test(String(name)));
      if (isNothing || !names.every((name) => typeof name === 'string')) {
        throw usageError('what must name things, as in "boats, people" or a list of names');
      }
      const { detectBrief } = await import('../tasks/detect/detect-brief.js');
      const brief = detectBrief({ what: names });
      // A document has no pixels in which boxes could lie.
      const task = await taskOf(brief, options, { takesPdf: false });
      return (await ask(picture, task)) as OkRecord<Detection>;
    },
    listen(listener) {
      if (!listener || listeners.has(listener)) return () => undefined;
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The options of the question, with the list of words as a vocabulary. */
async function withWords({ vocab, vocabPaths, ...options }: DescribeOptions) {
  if (vocab === undefined) {
    if (vocabPaths === undefined) return options;
    throw usageError('vocabPaths is about the words of vocab', 'Add vocab, or leave it out.');
  }
  if (![options.style].flat().includes('tags')) {
    throw usageError(
      'vocab has the words for the style tags',
      "Add style: 'tags', or leave it out.",
    );
  }
  const { readWords } = await import('../tasks/describe/vocabulary/words-file.js');
  const { vocabularyOf } = await import('../tasks/describe/vocabulary/vocabulary.js');
  const text = typeof vocab === 'string' ? vocab : vocab.join('\n');
  const vocabulary = vocabularyOf(readWords(text, 'vocab'), 'vocab');
  return { ...options, vocab: { vocabulary, paths: vocabPaths ?? ('leaf' as const) } };
}

async function knowing(
  kinds: readonly KnownKind[],
  tell: ProgramListener = () => undefined,
): Promise<NonNullable<Wanted['knowFrom']>> {
  const photos = await import('../photos/know.js');
  const about = photos.knowing({ kinds, tell });
  return (history) => (image) => about(image, history);
}

/** What `find` says of a name without a picture names options, too. */
function named(picture: ImageInput): ImageReference | NamedBytes {
  try {
    return onePicture(picture);
  } catch (error) {
    return thrownInOptions(error);
  }
}

/** The pictures of one question about several; undefined for a single picture. */
type Joint = AnyGroup | AnyGroup['images'];

function jointlyIn(input: ImageInput | JointInput): Joint | undefined {
  return Array.isArray(input) ? together(input) : groupOf(input);
}

/** A record with the data that the program gets. */
export function finished<Data>(record: OkRecord, finish: Wanted['finish']): Promise<OkRecord<Data>>;
export function finished<Data>(
  record: OkRecord | TogetherOkRecord,
  finish: Wanted['finish'],
): Promise<OkRecord<Data> | TogetherOkRecord<Data>>;
export async function finished<Data>(
  record: OkRecord | TogetherOkRecord,
  finish: Wanted['finish'],
): Promise<OkRecord<Data> | TogetherOkRecord<Data>> {
  const { data } = record;
  if (data === undefined) return record as OkRecord<Data> | TogetherOkRecord<Data>;
  return { ...record, data: (await finish(data)) as Data };
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}

/** An option that is set to undefined leaves the one of the client as it is. */
function withoutAbsent<Options extends object>(options: Options): Partial<Options> {
  const set = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as Partial<Options>;
}

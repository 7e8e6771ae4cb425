import { type GeminiImageError, withErrorNames } from '../domain/error.js';
import type { Displacement, EventOf, EventType, Tell } from '../domain/events.js';
import { DEFAULT_MODEL } from '../gemini/models.js';
import { megabytes } from '../images/errors.js';
import { count, exactDollars, jobsInWords, onTheWay, pictures } from '../output/quantities.js';
import { safeLine, safeText } from '../output/safe-text.js';
import type { Palette } from './colour.js';
import { LONG_WAIT_MS, type ProgressDisplay } from './progress.js';
import { dryRunSummary, runSummary, thereBefore, writeSummary } from './summary.js';

export interface ReporterOptions {
  /** Writes to stderr. */
  write(text: string): void;
  /** Absent if no progress is to be shown. */
  progress: ProgressDisplay | undefined;
  /** Which waits for a single picture are told: off a terminal, the long ones. */
  tellsWaits: 'all' | 'long' | 'none';
  palette: Palette;
  quiet: boolean;
  debug: boolean;
  /** Hides the key. */
  redact(text: string): string;
  /** Where the key comes from, in words for people; undefined if there is no key. */
  keySource(): string | undefined;
}

/** Listens to the events of a run and writes them for a person at a terminal, or for a log. */
export interface Reporter {
  tell: Tell;
  /** Whether the total is needed early. */
  readonly showsTotal: boolean;
}

/** Writes events to stderr, in the words of the table of sentences below. */
export function createReporter(options: ReporterOptions): Reporter {
  const { write, progress, tellsWaits, palette, quiet, debug, redact, keySource } = options;
  const print = (text: string) => write(redact(text));
  const topics = new Set<string>();
  /** The same warning about many pictures is written only once. */
  const warnOnce = (text: string, topic: string) => {
    if (topics.has(topic)) return;
    topics.add(topic);
    print(warningMessage(`${text} (said once a run)`, palette));
  };
  // With many pictures, one always waits for something; their progress shows the waits for all.
  const isTold = ({ isLong = false }: Wait) =>
    debug || (!progress?.isOn && (tellsWaits === 'all' || (tellsWaits === 'long' && isLong)));
  const say = (sentence: Sentence) => {
    const { text } = sentence;
    if (sentence.as === 'wait') {
      if (isTold(sentence)) print(waitMessage(sentence, palette));
    } else if (quiet) {
      return;
    } else if (sentence.as === 'warning') {
      if (sentence.topic === undefined) print(warningMessage(text, palette));
      else warnOnce(text, sentence.topic);
    } else if (sentence.as === 'note' || debug) print(`${safeLine(text)}\n`);
  };
  return {
    showsTotal: progress?.showsTotal ?? false,
    tell(event) {
      switch (event.type) {
        case 'progress': {
          const { type: _, ...state } = event;
          return progress?.update(state);
        }
        case 'progressOver':
          return progress?.update(undefined);
        case 'pause':
          return progress?.pause(event);
        case 'failed':
          return print(
            errorMessage(withKeySource(event.error, keySource()), palette, {
              about: event.about,
              debug,
            }),
          );
        case 'retry':
          progress?.retry(event);
      }
      for (const sentence of sentencesOf(event)) say(sentence);
    },
  };
}

/** What the service says about a key helps only if the user knows which key was used. */
function withKeySource(error: GeminiImageError, source: string | undefined): GeminiImageError {
  if (error.kind !== 'auth' || error.httpStatus === undefined || source === undefined) return error;
  const hint = [`The key is ${source}.`, error.hint].filter((part) => part !== undefined);
  return error.with({ hint: hint.join(' ') });
}

/** A sentence and its kind: short waits are for a person at a terminal, details for `--debug`. */
export type Sentence =
  | { as: 'note' | 'detail'; text: string }
  | { as: 'warning'; text: string; topic?: string | undefined }
  | Wait;

interface Wait {
  as: 'wait';
  /** The picture that is waited for. */
  about: string;
  /** Long enough that somebody may think that the command hangs. */
  isLong?: boolean;
  text: string;
}

const note = (text: string): Sentence => ({ as: 'note', text });
const notes = (lines: readonly string[]): readonly Sentence[] => lines.map(note);
const detail = (text: string): Sentence => ({ as: 'detail', text });
const warning = (text: string, topic?: string): Sentence => ({ as: 'warning', text, topic });
const wait = (about: string, text: string, isLong = false): Sentence => ({
  ...{ as: 'wait', about, text, isLong },
});

/** Events that have sentences: all except errors, and those that only the progress line shows. */
type Told = Exclude<EventType, 'progress' | 'progressOver' | 'pause' | 'failed'>;

type Sentences = {
  readonly [Type in Told]: (event: EventOf<Type>) => Sentence | readonly Sentence[];
};

/** The sentences for each event. */
const SENTENCES = {
  warning: ({ message, topic }) => warning(message, topic),
  retry: ({ image, error, delayMs, attempt, maxAttempts }) =>
    wait(
      image,
      `${error.message}. Trying again in ${(delayMs / 1000).toFixed(1)} s (attempt ${attempt} of ${maxAttempts})`,
      delayMs >= LONG_WAIT_MS,
    ),
  again: ({ image, problem }) =>
    wait(image, `the answer is not as it was asked for: ${problem}. Asking once more`),
  stylesLeftOut: ({ image, problems }) =>
    Object.entries(problems).map(([style, what]) =>
      warning(`${image}: the answer to ${style} is left out: ${what}`),
    ),
  upload: ({ image, bytes }) =>
    wait(image, `uploading ${megabytes(bytes)}, too much for one request`),

  envFileIgnored: ({ why }) => warning(`.env ${why} and is ignored`),
  envVariableIgnored: ({ name }) =>
    warning(`${name} in .env is ignored; set it in the environment`),
  modelFromFile: ({ model, file }) =>
    note(`the model is ${model}, as ${file} says; the default is ${DEFAULT_MODEL}`),
  settingsIgnored: ({ path, why }) => warning(`${path} is ignored: ${why}`),
  proxyUnread: ({ variable }) =>
    warning(`${variable} is not read; set HTTPS_PROXY to go through a proxy`),
  offline: () => note('offline: answered by the built-in emulator, not by Gemini'),
  streamIsSlow: () => note('with --tier flex it may take minutes until the first word comes'),
  fewerAtOnce: ({ openFiles, atOnce, wanted }) =>
    warning(
      `this system allows ${openFiles} open files, so that ${atOnce} pictures are asked about at once, not ${wanted} (ulimit -n)`,
    ),
  schemaLeftOut: ({ keywords }) =>
    note(`not sent, since Gemini does not take it: ${keywords.join(', ')}`),
  schemaUnenforced: ({ keywords }) =>
    note(`Gemini does not enforce these, so answers are checked here: ${keywords.join(', ')}`),

  groupIncomplete: ({ group, missing }) =>
    detail(`${group} is asked about without ${missing.join(' and ')}`),
  batchSubmitted: ({ job, questions, bytes }) =>
    note(`${job}: ${pictures(questions)} submitted, ${megabytes(bytes)}`),
  batchQueueFull: ({ questions, error }) =>
    note(
      `${error.message}; ${pictures(questions)} ${questions === 1 ? 'is prepared and waits' : 'are prepared and wait'}`,
    ),
  batchCollected: (results) => collected(results),
  batchEnded: ({ job, state, problem, answered }) =>
    warning(
      `${job} ${JOB_ENDS[state] ?? `ended ${state}`}, ${answered === 0 ? 'without results' : 'with a part of its results'}${problem === undefined ? '' : ` (${problem})`}`,
    ),
  batchUnusable: ({ job, failed, questions }) =>
    warning(
      `${job}: most answers (${count(failed)} of ${count(questions)}) do not keep to the schema that was sent with the questions, a fault of the service; they are not submitted again by themselves: --redo-failed does so, and without --batch they are asked one by one`,
    ),
  batchCopyLeft: () =>
    warning('a copy of the uploaded questions stays with Google until it expires, after 48 hours'),
  batchTooDear: ({ limitUsd, committedUsd }) =>
    warning(
      `no more is submitted: what is on its way and spent comes to about ${exactDollars(committedUsd)}, and the next picture might pass the limit of ${exactDollars(limitUsd)} (--max-cost)`,
    ),
  deadlinePlan: ({ words }) => note(words),
  batchRescue: ({ jobs, questions }) =>
    warning(
      `${jobsInWords(jobs)} with ${pictures(questions)} ${jobs === 1 ? 'is' : 'are'} cancelled, and what is not answered is asked now (--rescue); whether Google bills what was cancelled is not known`,
    ),
  batchesOnTheirWay: ({ jobs, collect, goOn }) =>
    notes([
      `on the way: ${onTheWay(jobs)}${goOn ? '; they go on without this command' : ''}`,
      collect,
    ]),

  passedOver: ({ name, what }) => detail(`${name} is passed over: ${what}`),
  firstCallTooDear: ({ costUsd, limitUsd }) =>
    warning(
      `the first call alone cost ${exactDollars(costUsd)}, more than the whole limit of ${exactDollars(limitUsd)} (--max-cost)`,
    ),
  cacheUnused: ({ why }) => warning(`the cache is not used: ${why}`),
  boxesConverted: ({ image, from }) =>
    note(
      from === 'pixels'
        ? `${image}: the boxes of the answer are in pixels, and were converted`
        : `${image}: the boxes of the answer are in fractions of the sides, and were converted`,
    ),
  boxesDropped: ({ image, boxes }) =>
    warning(
      boxes === 1
        ? `${image}: a box of the answer makes no sense, and is left out`
        : `${image}: ${boxes} boxes of the answer make no sense, and are left out`,
    ),
  boxesNotDrawn: ({ image, boxes, drawn }) =>
    warning(`${image}: of ${count(boxes)} boxes the first ${count(drawn)} are drawn`),
  runnerCommandChanged: () =>
    warning('a line that GitHub Actions would obey has a blank put into it'),

  unlocked: ({ path, why }) =>
    warning(`${path} cannot be locked (${why}); make sure that no other run writes to it`),
  ledgerSetAside: ({ path, records, aside }) =>
    note(
      `${path} is begun anew; its ${records === 1 ? '1 record is' : `${count(records)} records are`} kept in ${aside}`,
    ),
  ledgerRepaired: ({ path, cutOff }) =>
    detail(
      cutOff === undefined
        ? `${path}: the end of the last line was added`
        : `${path}: a torn last line of ${cutOff} bytes was cut off`,
    ),
  ledgerDamaged: ({ path, lines, firstLine, keptIn }) =>
    warning(
      `${path}: ${
        lines === 1
          ? `line ${firstLine} is damaged; what is left of it`
          : `${lines} lines are damaged, the first is line ${firstLine}; what is left of them`
      } was moved to ${keptIn}, and every whole record counts`,
    ),
  ledgerMoved: ({ path, what, where, rest }) =>
    warning(
      `${path} ${DISPLACED[what]} while it was written${where === undefined ? '' : ` (it is ${where} now)`}; what follows goes to ${rest}`,
    ),
  outputLeft: ({ path, done }) => warning(`${path} is left as it was: no picture was ${done}`),
  outputSetAside: ({ path, aside }) => note(`what ${path} held before is kept in ${aside}`),
  outputKept: ({ path }) => warning(`what was finished is in ${path}`),
  failedListKept: ({ path }) => warning(`what failed so far is listed in ${path}`),
  sidecarKept: ({ path, answer }) => {
    const lost = answer === undefined ? '' : `; this run's answer is: ${answer}`;
    return warning(`${path} has come while its picture was asked about, and is kept${lost}`);
  },
  nameUnlisted: ({ name, path }) =>
    warning(`${name} cannot be listed in ${path}, which has a name a line; give -0`),
  noStepSummary: ({ why }) => warning(`there is no step summary: ${why}`),

  answeredBefore: ({ places }) =>
    note(`there is an answer already in ${places.join(' and ')}; --redo asks again`),
  fileBefore: ({ files, outputFile }) =>
    note(`${thereBefore(files, outputFile)}; --overwrite asks anew`),
  filesSetAside: ({ files }) =>
    note(
      files === 1
        ? '1 file that was there before is kept, with a ~ behind its name'
        : `${count(files)} files that were there before are kept, with a ~ behind their names`,
    ),
  fieldKept: ({ name, field }) =>
    note(`${name}: somebody has changed ${field} since it was written, so it stays (--force)`),
  fieldCut: ({ name, field }) =>
    note(`${name}: ${field} has no room for all of it, so it ends at a word`),
  sidecarInstead: ({ name, to, why, topic, hint }) => {
    if (topic === undefined) return warning(`${name}: ${why}; so its answers go into ${to}`);
    const told = `${why}, so answers go into XMP sidecars (${name}: ${to})`;
    return hint === undefined ? note(told) : warning(`${told}. ${hint}`);
  },
  writePostponed: ({ ledger }) =>
    note(`nothing was written into metadata; gemini-image write ${ledger} does it`),
  writeSummary: (run) => note(writeSummary(run)),
  pagesChecked: (run) => note(pagesChecked(run)),
  pagesChanged: (run) => note(pagesChanged(run)),
  saysNothing: ({ name, isOne }) => (isOne ? note : detail)(`${name} says nothing of itself`),
  tornLinesLeftOut: ({ path, lines }) =>
    warning(
      `${path}: ${lines === 1 ? 'a line is' : `${count(lines)} lines are`} torn and left out`,
    ),
  merged: ({ path, ledgers, answered, failed, added }) => {
    const pictures = answered === 1 ? '1 picture has' : `${count(answered)} pictures have`;
    const failures = failed > 0 ? `, ${count(failed)} failed` : '';
    const from = ledgers === 1 ? '1 ledger' : `${count(ledgers)} ledgers`;
    const records = added === 1 ? '1 record was' : `${count(added)} records were`;
    return note(`${pictures} an answer in ${from}${failures}; ${records} added to ${path}`);
  },
  noJobs: () => note('there is no batch job'),
  modelsListed: ({ pricesAsOf, isAsked }) =>
    notes([
      `US dollars for a million tokens, input / output, at the prices of ${pricesAsOf}`,
      ...(isAsked
        ? []
        : ["offline: this version's own table, not what the service lists for your key"]),
    ]),
  demoBegins: ({ picture }) => note(`the picture is ${picture}`),
  demoEnds: () =>
    notes([
      'the same with a picture of yours: gemini-image describe photo.jpg --offline',
      'for an answer of Gemini, get a key at https://aistudio.google.com/apikey, set GEMINI_API_KEY to it, and leave out --offline',
    ]),
  jobCancelled: ({ job, was, isOver }) =>
    note(isOver ? `${job} has ended before: ${was}` : `${job} is being cancelled; it was ${was}`),
  jobDeleted: ({ job }) => note(`${job} is deleted`),
  jobsLeft: ({ ledger, jobs }) =>
    note(
      `${jobs === 1 ? '1 job' : `${count(jobs)} jobs`} of ${ledger} left: the answers are not fetched (to lose them, name the job)`,
    ),
  exportLeftOut: ({ first, count: pictures, one, many }) =>
    warning(
      pictures === 1
        ? `${first} is left out: it ${one}`
        : `${count(pictures)} pictures are left out, the first is ${first}: they ${many}`,
    ),
  reviewOpened: ({ ledger, rows }) =>
    detail(
      `${ledger} has ${rows === 1 ? '1 picture' : `${count(rows)} pictures`}; Ctrl-C ends the page`,
    ),
  reviewTakenUp: ({ ledger, changes }) =>
    note(
      `${changes === 1 ? '1 change' : `${count(changes)} changes`} of an earlier review of ${ledger} taken up`,
    ),
  reviewLeft: ({ changes, path }) =>
    warning(
      `${changes === 1 ? '1 change waits' : `${count(changes)} changes wait`} in ${path}: the ledger was not free, and the next review puts them there`,
    ),
  reviewLacks: (lack) => reviewLacks(lack),
  reviewWritten: ({ path, rows }) =>
    note(`${pictures(rows)} to look at, without a server: open ${path} in a browser`),
  exported: ({ exported, to }) => {
    const pictures = exported === 1 ? '1 picture' : `${count(exported)} pictures`;
    const [is, has] = exported === 1 ? ['is', 'has its'] : ['are', 'have their'];
    if (to === 'stdout') return detail(`${pictures} exported`);
    if (to === 'pictures')
      return note(`${pictures} ${has} captions beside ${exported === 1 ? 'it' : 'them'}`);
    return note(`${pictures} ${is} in ${to.path}`);
  },
  summary: (run) => notes(runSummary(run)),
  dryRunSummary: (run) => notes(dryRunSummary(run)),
} satisfies Sentences;

function reviewLacks({ what, first, count: number, why }: EventOf<'reviewLacks'>): Sentence {
  const isOne = number === 1;
  const some = isOne ? first : `${count(number)} pictures, the first is ${first},`;
  const [is, it] = isOne ? ['is', 'it'] : ['are', 'them'];
  if (what === 'broken') {
    return warning(
      isOne
        ? `${first} is not shown: ${why}`
        : `${count(number)} pictures are not shown, the first is ${first}: ${why}`,
    );
  }
  if (what === 'elsewhere') {
    return note(`${some} ${is} not shown: the page asks no server on the web for ${it}`);
  }
  return warning(
    `${some} ${is} shown small only: a link to ${it} would say the whole path; --copy takes ${it} along`,
  );
}

function pagesChecked(run: EventOf<'pagesChecked'>): string {
  const { pages, images, found, computed, ignored, unread } = run;
  const parts = [
    `${images === 1 ? '1 image' : `${count(images)} images`} in ${pages === 1 ? '1 page' : `${count(pages)} pages`}`,
    `${count(found)} found`,
    computed > 0 && `${count(computed)} made by expressions or templates, and left`,
    ignored > 0 && `${count(ignored)} ignored`,
    unread > 0 && `${count(unread)} could not be read`,
  ];
  return parts.filter((part) => part !== false).join(', ');
}

function pagesChanged({
  pages,
  images,
  left,
  decorative,
  rejected,
  isWritten,
}: EventOf<'pagesChanged'>): string {
  const texts = images === 1 ? '1 text' : `${count(images)} texts`;
  const where = pages === 1 ? '1 page' : `${count(pages)} pages`;
  const parts = [
    isWritten ? `${texts} written into ${where}` : `${texts} for ${where} (--write writes them)`,
    decorative > 0 &&
      `${count(decorative)} ${decorative === 1 ? 'image is' : 'images are'} decorative`,
    left > 0 && `${count(left)} left, whose text cannot be changed alone`,
    rejected > 0 && `${count(rejected)} left, whose text was rejected (--redo asks again)`,
  ];
  return parts.filter((part) => part !== false).join(', ');
}

/** How jobs end that do not end as they should. */
const JOB_ENDS: Readonly<Record<string, string>> = {
  failed: 'failed',
  cancelled: 'was cancelled',
  expired: 'expired',
  lost: 'is not known to the service any more',
};

/** What came of a job, and what was odd about it. */
function collected({
  job,
  answered,
  failed,
  repaired,
  again,
  rows,
}: EventOf<'batchCollected'>): readonly Sentence[] {
  const parts = [
    `${count(answered)} answered`,
    repaired > 0 && `${count(repaired)} of them asked once more (--repair)`,
    failed > 0 && `${count(failed)} failed`,
    again > 0 && `${count(again)} open again`,
  ].filter((part) => part !== false);
  const odd = [
    rows.missing > 0 && `${rowsInWords(rows.missing)} missing`,
    rows.doubled > 0 && `${rowsInWords(rows.doubled)} doubled (the first one counts)`,
    rows.foreign > 0 && `${rowsInWords(rows.foreign)} of no question`,
    rows.keyless > 0 && `${rowsInWords(rows.keyless)} without a key`,
  ].filter((part) => part !== false);
  return [
    note(`${job}: ${parts.join(', ')}`),
    ...(rows.isUnordered ? [detail(`${job}: the results came in another order`)] : []),
    ...(odd.length > 0 ? [warning(`${job}: its results have ${odd.join(', ')}`)] : []),
  ];
}

function rowsInWords(number: number): string {
  return number === 1 ? '1 row' : `${count(number)} rows`;
}

/** The sentences for an event. */
export function sentencesOf<Type extends Told>(event: EventOf<Type>): readonly Sentence[] {
  const table: Sentences = SENTENCES;
  const said = table[event.type](event);
  return 'as' in said ? [said] : said;
}

const DISPLACED: Readonly<Record<Displacement, string>> = {
  gone: 'was moved or removed',
  replaced: 'was replaced by another file',
  cut: 'was saved over or cut short',
};

const PROGRAM = 'gemini-image';

/** The line of an error, the line that says what to do next, and with `--debug` its origin. */
export function errorMessage(
  error: GeminiImageError,
  palette: Palette,
  { about, debug = false }: { about?: string | undefined; debug?: boolean } = {},
): string {
  const lines = [`${palette.bad(`${PROGRAM}:`)} ${prefix(about)}${safeLine(error.message)}`];
  if (error.hint) lines.push(palette.quiet(safeText(error.hint)));
  if (debug || error.kind === 'internal') lines.push(palette.quiet(safeText(traces(error))));
  return `${lines.join('\n')}\n`;
}

export function warningMessage(text: string, palette: Palette): string {
  return `${palette.warning(`${PROGRAM}: warning:`)} ${safeLine(text)}\n`;
}

/** The line that tells a person at a terminal what is waited for. */
export function waitMessage({ about, text }: Omit<Wait, 'as'>, palette: Palette): string {
  return `${palette.quiet(`${PROGRAM}: ${prefix(about)}${safeLine(text)}`)}\n`;
}

/** Standard input has no name of its own, and an empty name must be visible. */
function prefix(about: string | undefined): string {
  if (about === undefined) return '';
  return `${about === '-' ? 'stdin' : safeLine(about) || '""'}: `;
}

function traces(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const trace = withErrorNames(error.stack ?? error.message);
  return error.cause === undefined ? trace : `${trace}\ncaused by: ${traces(error.cause)}`;
}

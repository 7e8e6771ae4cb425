// `gemini-image show`: what pictures say of themselves, as records and as text.
import { type ErrorKind, GeminiImageError, isInterrupted } from '../domain/error.js';
import { jsonLine } from '../domain/json.js';
import { findImages, namesOnePicture } from '../images/find/find-images.js';
import type { ImageReference } from '../images/find/reference.js';
import { lookInto } from '../images/open/byte-source.js';
import { fileState } from '../images/open/file.js';
import { look, type OpenOptions, openImage } from '../images/open/open.js';
import { throwIfStopped } from '../network/stop-signals.js';
import { jsonValues } from '../output/json-values.js';
import type { CommandContext, Output, Tally } from '../run/context.js';
import type { FindPart } from '../run/options.js';
import { runnerStdout } from '../run/printing.js';
import type { Coordinates } from './embedded/coordinates.js';
import { joined, type Place, placeInWords, readSays, type Says, type Words } from './says.js';

export type ShowFormat = 'text' | 'json' | 'jsonl';

/** What one picture says of itself; what nobody has said is absent. */
export interface Shown {
  image: string;
  title?: string;
  headline?: string;
  description?: string;
  alt?: string;
  extendedDescription?: string;
  /** Who wrote the description. */
  writer?: string;
  keywords?: readonly string[];
  /** Keywords with those above them: `animals|dogs|terrier`. */
  keywordPaths?: readonly string[];
  people?: readonly string[];
  place?: Place;
  coordinates?: Coordinates;
  date?: string;
  /** Of each field, the files that say it; the first is the one whose text is shown. */
  from: Readonly<Record<string, readonly string[]>>;
}

/** The fields in the order in which they are shown, with the words that hold them. */
const FIELDS = {
  title: 'title',
  headline: 'headline',
  description: 'description',
  alt: 'alt',
  extendedDescription: 'altLong',
  writer: 'writer',
  keywords: 'keywords',
  keywordPaths: 'paths',
  people: 'people',
  place: 'place',
  coordinates: 'coordinates',
  date: 'date',
} as const satisfies Partial<Record<keyof Shown, keyof Words>>;

/** Shows what the pictures say. No call is made, and nothing is changed. */
export async function showPictures(
  find: FindPart,
  format: ShowFormat,
  allowPrivateHosts: boolean,
  context: CommandContext,
): Promise<Tally> {
  const { tell, signals, stdin } = context;
  const { proxy } = await context.settings({});
  const several = !(await namesOnePicture(find));
  const found = findImages(find, {
    ...find,
    stdin: stdin.stream,
    signal: signals.stop,
    onPassedOver: (name, { one: what }) => tell({ type: 'passedOver', name, what }),
    onLinkPassedOver(name) {
      tell({ type: 'passedOver', name, what: 'a link that leads out of the folder' });
    },
  });
  const print = printer(format, several, await runnerStdout(format, context));
  const open: OpenOptions = {
    stdin: stdin.stream,
    web: { timeoutMs: 120_000, retries: 4, allowPrivateHosts, proxy },
    signal: signals.abort,
  };
  const failures: ErrorKind[] = [];
  let produced = 0;
  for await (const image of found) {
    try {
      throwIfStopped(signals);
      if (image.kind === 'failed') throw image.error;
      const says = await saysOf(image, open);
      for (const message of says.problems) {
        tell({ type: 'warning', image: image.label, message });
      }
      const shown = shownOf(image.id, says);
      await print.value(shown);
      produced += 1;
      if (Object.keys(shown.from).length === 0) {
        tell({ type: 'saysNothing', name: image.label, isOne: !several });
      }
    } catch (error) {
      if (isInterrupted(error) || !(error instanceof GeminiImageError)) throw error;
      failures.push(error.kind);
      tell({ type: 'failed', error, about: image.label });
    }
  }
  await print.end();
  return { produced, failures };
}

async function saysOf(image: ImageReference, options: OpenOptions): Promise<Says> {
  const { kind, source, label } = image;
  const state = kind === 'file' ? fileState(source) : undefined;
  // Only the parts of the file that hold metadata are read.
  if (state) return readSays((parse) => lookInto(source, state.size, parse), label, source);
  const opened = await openImage(image, options);
  return readSays((parse) => look(opened, parse), label, undefined);
}

function shownOf(image: string, { sources }: Says): Shown {
  const all = joined(sources.map(({ words }) => words));
  const from: Record<string, readonly string[]> = {};
  const fields = Object.entries(FIELDS).flatMap(([field, word]) => {
    const value = all[word];
    if (!isSaid(value)) return [];
    from[field] = sources.filter(({ words }) => isSaid(words[word])).map(({ file }) => file);
    return [[field, value] as const];
  });
  return { image, ...Object.fromEntries(fields), from };
}

function isSaid(value: Words[keyof Words]): boolean {
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}

interface Printer {
  value(shown: Shown): Promise<void>;
  end(): Promise<void>;
}

function printer(format: ShowFormat, several: boolean, stdout: Output): Printer {
  if (format === 'text') {
    return { value: (shown) => stdout.write(asText(shown, several)), end: async () => {} };
  }
  if (format === 'jsonl') {
    return { value: (shown) => stdout.write(jsonLine(shown)), end: async () => {} };
  }
  const json = jsonValues(several);
  return {
    value: (shown) => stdout.write(json.value(shown)),
    end: () => stdout.write(json.end()),
  };
}

/** A line for each field; of several pictures, with the name of the picture before it. */
function asText(shown: Shown, several: boolean): string {
  return Object.keys(FIELDS)
    .flatMap((field) => {
      const value = inWords(shown, field);
      if (value === undefined) return [];
      return several ? [`${shown.image}\t${field}\t${value}\n`] : [`${field}: ${value}\n`];
    })
    .join('');
}

function inWords(shown: Shown, field: string): string | undefined {
  const { place, coordinates } = shown;
  if (field === 'place') return place && placeInWords(place);
  if (field === 'coordinates') {
    return coordinates && `${coordinates.latitude}, ${coordinates.longitude}`;
  }
  const values: Readonly<Record<string, unknown>> = { ...shown };
  const value = values[field];
  if (value === undefined) return undefined;
  const text = Array.isArray(value) ? value.join('; ') : String(value);
  return text
    .trim()
    .replace(/\s*[\r\n]+\s*/g, ' ')
    .replaceAll('\t', ' ');
}

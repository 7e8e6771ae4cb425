import type { ByteSource } from '../open/byte-source.js';
import { type Box, readBoxesSoFar } from './heif-boxes.js';

/** A box that holds others, by its type; the file itself is one, too. */
interface Holder {
  /** Bytes before the first box inside. */
  readonly skip: number;
  /** Types of boxes inside that hold nothing but metadata. */
  readonly erased: readonly string[];
  readonly holders: readonly string[];
}

/** Of versions and flags, or of nothing: what a track or a movie tells besides its pictures. */
const OF_MOVIE = ['udta', 'uuid', 'meta'];

const holders: Readonly<Record<string, Holder>> = {
  file: { skip: 0, erased: ['uuid'], holders: ['meta', 'moov'] },
  meta: { skip: 4, erased: ['uuid', 'xml ', 'bxml'], holders: ['iprp'] },
  iprp: { skip: 0, erased: [], holders: ['ipco'] },
  // A description by its user: language, name, description, tags.
  ipco: { skip: 0, erased: ['udes'], holders: [] },
  moov: { skip: 0, erased: OF_MOVIE, holders: ['trak'] },
  trak: { skip: 0, erased: OF_MOVIE, holders: [] },
};

const FILE = { type: 'file', from: 0, content: 0, isCutOff: false } as const;

/** Every box of metadata in the file, in order; those inside another are left out. */
export function metadataBoxes(source: ByteSource): Box[] {
  return within(source, 'file', { ...FILE, to: source.length });
}

function within(source: ByteSource, name: string, box: Box): Box[] {
  const holder = holders[name];
  if (!holder) return [];
  const { boxes } = readBoxesSoFar(source, box.content + holder.skip, box.to);
  return boxes.flatMap((child) => {
    if (holder.erased.includes(child.type)) return [child];
    return holder.holders.includes(child.type) ? within(source, child.type, child) : [];
  });
}

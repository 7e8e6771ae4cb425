import { readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { type OutputFile, openOutputFile } from '../../storage/output-file.js';
import { inFolder, openWholeFolder } from '../../storage/whole-folder.js';
import type { PictureRow } from '../rows/picture-row.js';
import { nameInDataset } from './caption-formats.js';
import { captionsIn } from './captions.js';
import type { Exporter, ExportFormat, ExportPlan } from './export-format.js';
import { wholeOf } from './json-formats.js';
import { imageOf } from './row-values.js';
import { stemOf, TakenNames } from './taken-names.js';

/** Shards of about this size are read fast, from disks and from networks. */
const USUAL_SIZE = { bytes: 1e9 };

/** Two blocks of zeros end a tar file. */
const TAR_END = 1024;

export const webdataset: ExportFormat = {
  what: 'a folder of tar shards with each picture, its captions and its record',
  options: ['columns', 'base', 'caption', 'naming', 'shards'],
  to: 'folder',
  open: openWebdataset,
};

async function openWebdataset(plan: ExportPlan): Promise<Exporter> {
  const { packTar } = await import('modern-tar');
  const { output = '', overwrite, isFullName, base = '.', shardSize } = plan.options;
  const { pictures: mostPictures, bytes: mostBytes } = { ...ENDLESS, ...(shardSize ?? USUAL_SIZE) };
  const folder = await openWholeFolder(output, { overwrite, flag: '-o' });
  const captionsOf = captionsIn(plan);
  const taken = new TakenNames(plan, 'jpg, .txt and .json');
  const fail = inFolder(output, '-o');
  let shard: { file: OutputFile; pictures: number; bytes: number } | undefined;
  let shards = 0;
  const endShard = async () => {
    await shard?.file.writeBytes(new Uint8Array(TAR_END));
    await shard?.file.commit();
    shard = undefined;
  };
  const shardFor = async (bytes: number) => {
    const isFull =
      shard !== undefined &&
      (shard.pictures >= mostPictures || (shard.bytes > 0 && shard.bytes + bytes > mostBytes));
    if (isFull) await endShard();
    if (shard === undefined) {
      const path = join(folder.path, `shard-${`${shards}`.padStart(6, '0')}.tar`);
      shard = { file: await openOutputFile(path, []), pictures: 0, bytes: 0 };
      shards += 1;
    }
    return shard;
  };
  const write = async (row: PictureRow) => {
    if (row.status === 'failed') return;
    const name = nameInDataset(plan, row, base);
    if (name === undefined) return;
    const key = keyOf(name, isFullName);
    if (!taken.take(key, imageOf(row))) return;
    const image = imageOf(row);
    const [picture, { mtime }] = [await readFile(image), await stat(image)];
    const text = captionsOf(row).map((caption) => `${caption.text}\n`);
    const parts: [ending: string, content: Uint8Array][] = [
      [endingOf(name, row.pictures[0]?.mimeType), picture],
      ['txt', Buffer.from(text.join(''))],
      ['json', Buffer.from(JSON.stringify(wholeOf(plan, row)))],
    ];
    const packed = await packTar(
      parts.map(([ending, body]) => ({
        header: { name: `${key}.${ending}`, size: body.length, mtime },
        body,
      })),
    );
    const entries = packed.subarray(0, packed.length - TAR_END);
    const to = await shardFor(entries.length);
    await to.file.writeBytes(entries);
    to.pictures += 1;
    to.bytes += entries.length;
  };
  return {
    async add(rows) {
      for (const row of rows) await write(row).catch(fail);
    },
    async finish() {
      await endShard();
      await folder.commit();
    },
    async abandon() {
      await shard?.file.discard();
      await folder.discard();
    },
  };
}

const ENDLESS = { pictures: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

/** What the files of one picture have in common: its name up to the first dot, as readers have it. */
function keyOf(name: string, isFullName: boolean): string {
  return (isFullName ? name : stemOf(name)).replaceAll('.', '_');
}

/** Readers decode a picture by its ending, so that it has to be right. */
const ENDINGS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/heic': 'heic',
  'image/heif': 'heif',
  'image/gif': 'gif',
  'image/avif': 'avif',
  'image/bmp': 'bmp',
  'image/tiff': 'tif',
};

function endingOf(name: string, mimeType = ''): string {
  const own = extname(name).slice(1).toLowerCase();
  return ENDINGS[mimeType] ?? (own === '' ? 'bin' : own);
}

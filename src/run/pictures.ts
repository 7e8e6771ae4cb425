import type { PassedOver } from '../domain/run-summary.js';
import { type Found, findRuns, namesOnePicture, oneByOne } from '../images/find/find-images.js';
import type { PictureGroup } from '../images/find/groups.js';
import type { PageRange } from '../images/find/pages-and-groups.js';
import type { CommandContext } from './context.js';
import type { Pictures } from './job.js';
import type { RunOptions } from './options.js';

/** How many PDF documents that are passed over are named. */
const FEW = 3;

/** Finds the pictures. The search begins only when the first picture is asked for. */
export async function openPictures(
  { find }: Pick<RunOptions, 'find'>,
  { stdin, signals, tell }: CommandContext,
): Promise<Pictures> {
  const { recursive, exclude, includeAll, follow, raw, pdf, pages = 'first', group, shard } = find;
  const passedOver = new Map<string, PassedOver>();
  let raws = 0;
  let links = 0;
  let excluded = 0;
  let inOtherShards = 0;
  let incomplete = 0;
  const pdfs: { count: number; names: string[] } = { count: 0, names: [] };
  const folders = new Map<string, number>();
  const runs = findRuns(find, {
    recursive,
    exclude,
    includeAll,
    follow,
    raw,
    pdf,
    stdin: stdin.stream,
    signal: signals.stop,
    onPassedOver(name, { one, many, isPdf }) {
      tell({ type: 'passedOver', name, what: one });
      if (isPdf) {
        pdfs.count += 1;
        if (pdfs.names.length < FEW) pdfs.names.push(name);
        return;
      }
      const kind = passedOver.get(one) ?? { one, many, count: 0 };
      kind.count += 1;
      passedOver.set(one, kind);
    },
    onRawPassedOver(name) {
      raws += 1;
      tell({ type: 'passedOver', name, what: 'a raw file beside its JPEG or HEIC' });
    },
    onLinkPassedOver(name) {
      links += 1;
      tell({ type: 'passedOver', name, what: 'a link that leads out of the folder' });
    },
    onFolderPassedOver(name) {
      folders.set(name, (folders.get(name) ?? 0) + 1);
    },
    onExcluded: () => {
      excluded += 1;
    },
  });
  const files = oneByOne(runs, signals.stop);
  const images = pages === 'first' ? files : await pagesOf(files, pages);
  const onIncomplete = ({ label }: PictureGroup, missing: readonly string[]) => {
    incomplete += 1;
    tell({ type: 'groupIncomplete', group: label, missing });
  };
  const all: AsyncIterable<Found | PictureGroup> = group
    ? (await import('../images/find/groups.js')).grouped(images, group, onIncomplete)
    : images;
  const countOther = () => {
    inOtherShards += 1;
  };
  const isOne = await namesOnePicture(find);
  const mine = shard
    ? (await import('../images/find/shares.js')).sharedOut(all, shard, countOther, isOne)
    : all;
  return {
    // A shard of one picture has one or none, so its results are a list.
    several: shard !== undefined || group !== undefined || pages !== 'first' || !isOne,
    found: mine,
    runs: mine === files ? runs : undefined,
    passedOver: () => [...passedOver.values()],
    leftOut: () => ({
      ...{ raws, links, folders, excluded, inOtherShards: shard && inOtherShards },
      ...{ pdfs, incompleteGroups: incomplete },
    }),
  };
}

/** Loaded only if pages are taken apart. */
async function pagesOf(
  files: AsyncIterable<Found>,
  wanted: readonly PageRange[],
): Promise<AsyncIterable<Found>> {
  const { splitIntoPages } = await import('../images/find/split-pages.js');
  return splitIntoPages(files, wanted);
}

import type { PictureHash } from '../storage/ledger/index-of-finished.js';
import type { Task } from './engine-task.js';
import { hasPlaceholders } from './prompt-text.js';

/** When two files are the same picture to a question. */
export interface Sameness {
  /** The hash that has to be the same: the file's own where its metadata is sent along. */
  readonly hash: PictureHash;
  /** Whether it may have another name: not where the prompt says the name. */
  readonly underAnyName: boolean;
}

export function samenessOf({ brief, load }: Pick<Task, 'brief' | 'load'>): Sameness {
  return {
    hash: load.keepMetadata || load.original ? 'sha256' : 'pictureSha256',
    underAnyName: !hasPlaceholders(brief.prompt),
  };
}

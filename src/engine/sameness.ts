import type { PictureHash } from '../storage/ledger/finished-pictures.js';
import type { Task } from './engine-task.js';
import { hasPlaceholders } from './prompt-text.js';

/** When two files count as the same picture for a question. */
export interface Sameness {
  /** Which hash must be equal: that of the whole file if its metadata is sent too. */
  readonly hash: PictureHash;
  /** Whether the name may differ; not if the prompt holds the name. */
  readonly underAnyName: boolean;
}

export function samenessOf({ brief, load }: Pick<Task, 'brief' | 'load'>): Sameness {
  return {
    hash: load.keepMetadata || load.original ? 'sha256' : 'pictureSha256',
    underAnyName: !hasPlaceholders(brief.prompt),
  };
}

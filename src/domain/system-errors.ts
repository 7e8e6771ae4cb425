/** The system's errors about files in words, by their codes; the words stand behind a colon. */
import { errorCode } from './error.js';

/** Words for a file that was to be read, and for one that was to be written. */
interface Words {
  read?: string;
  write?: string;
}

const both = (words: string): Words => ({ read: words, write: words });
const writing = (words: string): Words => ({ write: words });

const words: Readonly<Record<string, Words>> = {
  ENOENT: { read: 'no such file', write: 'the folder does not exist' },
  ENOTDIR: {
    read: 'no such file: a part of the path is no folder',
    write: 'a part of the path is no folder',
  },
  EISDIR: both('it is a folder'),
  EACCES: both('permission denied'),
  EPERM: both('permission denied'),
  ELOOP: { read: 'a loop of symbolic links', write: 'its links lead in a circle' },
  ENAMETOOLONG: both('the name is too long'),
  EMFILE: both('too many files are open'),
  ENFILE: both('too many files are open'),
  ERR_INVALID_ARG_VALUE: both('the name holds a zero byte'),
  EROFS: writing('the file system is read-only'),
  ENOSPC: writing('no space is left on the disk'),
  EDQUOT: writing('the disk quota is used up'),
  EFBIG: writing('the file would be too large'),
  EIO: writing('the disk failed'),
  ESTALE: writing('the network drive does not know it any more'),
  EBUSY: writing('something else uses it'),
  ETXTBSY: writing('something else uses it'),
  EXDEV: writing('it lies on another disk'),
};

/** Why a file could not be read; undefined if there are no words for it. */
export function readingWords(error: unknown): string | undefined {
  return words[errorCode(error) ?? '']?.read;
}

/** Why a file could not be read: in words, or else the code of the error. */
export function whyUnread(error: unknown): string {
  return readingWords(error) ?? codeOf(error);
}

/** Why a file could not be written: in words, or else the code of the error. */
export function whyUnwritten(error: unknown): string {
  return words[codeOf(error)]?.write ?? codeOf(error);
}

/** The code of an error, to be shown. */
export function codeOf(error: unknown): string {
  return errorCode(error) ?? 'unknown error';
}

/** Whether there is no room for what was to be written. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error));
}

/** Whether the next file will fail in the same way, because of the disk and not of its path. */
export function isDiskFailure(error: unknown): boolean {
  return isDiskFull(error) || ['EFBIG', 'EIO', 'EROFS', 'ESTALE'].includes(codeOf(error));
}

import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** Line breaks end an argument, and in the name of a new file, `%d` and others stand for something. */
const UNSAFE = /[\r\n%]/;

/**
 * Hands on names under which exiftool finds a file and the place of a new one beside it: their own, or
 * if those cannot be told to exiftool, links with plain names.
 */
export async function plainNames<Result>(
  from: string,
  to: string,
  use: (from: string, to: string) => Promise<Result>,
): Promise<Result> {
  if (!UNSAFE.test(from + to)) return use(from, to);
  const links = await mkdtemp(join(tmpdir(), 'gemini-image-'));
  try {
    const [picture, folder] = [join(links, 'picture'), join(links, 'folder')];
    await symlink(from, picture);
    await symlink(dirname(to), folder, 'junction');
    return await use(picture, join(folder, basename(to)));
  } finally {
    await rm(links, { recursive: true, force: true });
  }
}

import { isAbsolute, relative, resolve, sep } from 'node:path';

const ADDRESS = /^https?:\/\//i;

/** Whether a picture of this name may be a file: it is no address, and not bytes from stdin. */
export function isFileName(image: string): boolean {
  return image !== '-' && !ADDRESS.test(image);
}

/** A picture's name as seen from a folder, with `/` between its parts. Addresses stay as they are. */
export function relativeName(image: string, folder: string): string {
  if (!isFileName(image)) return image;
  return relative(resolve(folder), resolve(image)).split(sep).join('/');
}

/** The same, if it lies in the folder; otherwise undefined. */
export function nameInside(image: string, folder: string): string | undefined {
  if (!isFileName(image)) return undefined;
  const name = relativeName(image, folder);
  const isOutside = name === '' || name === '..' || name.startsWith('../') || isAbsolute(name);
  return isOutside ? undefined : name;
}

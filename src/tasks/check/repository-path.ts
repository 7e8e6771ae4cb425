import { realpathSync } from 'node:fs';
import { isAbsolute, normalize, relative, resolve, sep } from 'node:path';
import { isWebAddress } from '../../images/find/reference.js';
import { displayName } from '../../images/web/display-name.js';

/**
 * The name of a picture as annotations of GitHub want it: a file by its path inside the repository,
 * with slashes and without `./`; where it lies outside, as it was named. An address is shown without
 * what may be a secret.
 *
 * @param workspace the folder of the repository; undefined stands for the working folder.
 */
export function repositoryPath(image: string, workspace = '.'): string {
  if (image === '-' || isWebAddress(image)) return displayName(image);
  const inside =
    below(resolve(workspace), resolve(image)) ?? below(realPath(workspace), realPath(image));
  return (inside ?? normalize(image)).replaceAll(sep, '/');
}

function below(folder: string, file: string): string | undefined {
  const path = relative(folder, file);
  const isOutside = path === '' || path === '..' || path.startsWith(`..${sep}`);
  return isOutside || isAbsolute(path) ? undefined : path;
}

/** Of a file that is not there, its path as it is. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

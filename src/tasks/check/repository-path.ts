import { realpathSync } from 'node:fs';
import { isAbsolute, normalize, relative, resolve, sep } from 'node:path';
import { displayName, isWebAddress } from '../../images/find/reference.js';

/**
 * The name of a picture as annotations of GitHub need it. A file gets its path inside the
 * repository, with slashes and without `./`; a file outside keeps the name it was given. An address
 * is shown without what may be a secret.
 *
 * @param workspace the folder of the repository; undefined means the working folder.
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

/** The real path; if there is no such file, the path as it is. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

// Readers that users add where they need them, because they are large and their pictures are few.
import { errorCode, type GeminiImageError, inputError } from '../../domain/error.js';
import { requirePackage } from '../../own-files.js';

/**
 * The path of a file of a package that users install beside this program.
 *
 * @param what the picture is, with its article.
 * @throws GeminiImageError of kind `input` with the command that installs it.
 */
export function pathInOptional(name: string, file: string, what: string): string {
  try {
    return requirePackage.resolve(`${name}/${file}`);
  } catch (error) {
    if (errorCode(error) !== 'MODULE_NOT_FOUND') throw error;
    throw notInstalled(name, what, error);
  }
}

/** The error that names the command which installs a package. */
export function notInstalled(name: string, what: string, cause: unknown): GeminiImageError {
  return inputError(
    `it is ${what}, which needs a reader that is not installed: ${name}`,
    `Install it beside gemini-image: npm install ${name} (with -g where that is global). Or convert the picture to PNG or JPEG first.`,
    cause,
  );
}

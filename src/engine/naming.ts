import { GeminiImageError } from '../domain/error.js';
import { displayName } from '../images/web/display-name.js';

/** An error that says which picture it is about, where nothing around it does. */
export function naming(name: string, error: unknown): unknown {
  if (!(error instanceof GeminiImageError) || error.kind === 'interrupted') return error;
  return error.with({ message: `${displayName(name)}: ${error.message}` });
}

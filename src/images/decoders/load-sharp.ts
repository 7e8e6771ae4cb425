import { errorCode, inputError } from '../../domain/error.js';
import { requirePackage } from '../../own-files.js';
import { NOT_INSTALLED, NOT_LOADABLE } from '../errors.js';

export type {
  FormatEnum,
  Metadata as SharpMetadata,
  OutputInfo,
  Raw,
  Sharp,
  SharpOptions,
} from 'sharp';
export type SharpFactory = typeof import('sharp').default;

let loaded: SharpFactory | undefined;

/**
 * Loads sharp, by `require`: its ES module imports JSON, about which Node 20 warns on stderr.
 *
 * @param need what it is needed for, as the beginning of a sentence that goes on with what is wrong
 *   with it.
 * @throws GeminiImageError of kind `input` if sharp is not installed or cannot run here.
 */
export function loadSharp(need: string): SharpFactory {
  try {
    const factory: SharpFactory = loaded ?? requirePackage('sharp');
    loaded = factory;
    return factory;
  } catch (error) {
    const isMissing = errorCode(error) === 'MODULE_NOT_FOUND';
    const why = isMissing ? NOT_INSTALLED : NOT_LOADABLE;
    throw inputError(
      `${need} ${why}`,
      'Install it beside gemini-image: npm install sharp (with -g where that is global).',
      error,
    );
  }
}

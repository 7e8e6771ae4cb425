import { isAbsolute } from 'node:path';
import type { Settings, SettingsFlags } from '../commands/context.js';
import { GeminiImageError } from '../domain/error.js';
import { DEFAULT_BASE_URL, parseBaseUrl } from '../gemini/base-url.js';
import { cleanKey } from '../gemini/key.js';
import { DEFAULT_MODEL, parseModel } from '../gemini/models.js';
import type { EnvFile } from './env-file.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Folds flags, environment and `.env` into settings, strongest first. A variable that is set to
 * nothing counts as not set.
 *
 * @throws GeminiImageError of kind `usage` for a model's name that is none.
 */
export function resolveSettings(flags: SettingsFlags, env: Environment, file: EnvFile): Settings {
  const httpsProxy = firstSet(env.HTTPS_PROXY, env.https_proxy);
  return {
    model: parseModel(
      flags.model ?? firstSet(env.GEMINI_IMAGE_MODEL, file.GEMINI_IMAGE_MODEL) ?? DEFAULT_MODEL,
    ),
    baseUrl: () =>
      parseBaseUrl(flags.baseUrl ?? firstSet(env.GOOGLE_GEMINI_BASE_URL) ?? DEFAULT_BASE_URL),
    apiKey: () => findKey(env, file),
    proxy:
      httpsProxy === undefined
        ? undefined
        : { httpsProxy, noProxy: firstSet(env.NO_PROXY, env.no_proxy) },
    stepSummary: firstSet(env.GITHUB_STEP_SUMMARY),
    cacheFolder,
  };
}

/** As in Google's own SDKs, GOOGLE_API_KEY wins where both are set. */
function findKey(env: Environment, file: EnvFile): string {
  for (const { GOOGLE_API_KEY, GEMINI_API_KEY } of [env, file]) {
    for (const raw of [GOOGLE_API_KEY, GEMINI_API_KEY]) {
      const key = raw === undefined ? undefined : cleanKey(raw);
      if (key !== undefined) return key;
    }
  }
  throw new GeminiImageError({
    kind: 'auth',
    message: 'no API key is set',
    hint:
      'Get one at https://aistudio.google.com/apikey and set GEMINI_API_KEY to it; ' +
      'or use --offline, which needs none.',
  });
}

async function cacheFolder(): Promise<string> {
  try {
    // Asks the system for the home folder, which throws where the user has none.
    const { default: envPaths } = await import('env-paths');
    const { cache } = envPaths('gemini-image', { suffix: '' });
    if (isAbsolute(cache)) return cache;
    throw new Error(`${cache} is not absolute`);
  } catch (cause) {
    throw new GeminiImageError({
      kind: 'usage',
      message: 'there is no folder for a cache: the home folder is not known',
      hint: 'Set HOME, or XDG_CACHE_HOME on Linux, to an absolute path.',
      cause,
    });
  }
}

function firstSet(...values: (string | undefined)[]): string | undefined {
  return values.find((value) => value !== undefined && value.trim() !== '');
}

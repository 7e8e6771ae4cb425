import { GeminiImageError } from '../../domain/error.js';
import type { SettingsFileReport } from '../../run/context.js';
import { pointerTo } from '../../schema/schema-places.js';
import type { Environment } from '../settings.js';
import { FILE_NAME, findFiles, userFile } from './find-files.js';
import { at, readSettingsFile, type SettingsFile } from './read-file.js';

/** Every file of settings that holds in a folder or would, that of the project first. */
export async function settingsReport(
  env: Environment,
  folder: string,
): Promise<readonly SettingsFileReport[]> {
  const own = userFile(env);
  const found = findFiles(env, folder);
  const places = [
    { whose: 'project' as const, path: FILE_NAME },
    ...(own === undefined ? [] : [{ whose: 'user' as const, path: own }]),
  ];
  return Promise.all(
    places.map(async ({ whose, path }): Promise<SettingsFileReport> => {
      const file = found.find((one) => one.whose === whose);
      if (!file) return { whose, path, state: 'none', presets: [], entries: [] };
      try {
        const read = await readSettingsFile(file, own);
        if ('ignored' in read) {
          const problem = new GeminiImageError({ kind: 'usage', message: read.ignored });
          return { whose, path: file.path, state: 'ignored', problem, presets: [], entries: [] };
        }
        return {
          whose,
          path: file.path,
          state: 'read',
          presets: Object.keys(read.presets),
          entries: entriesOf(read),
        };
      } catch (problem) {
        if (!(problem instanceof GeminiImageError)) throw problem;
        return { whose, path: file.path, state: 'wrong', problem, presets: [], entries: [] };
      }
    }),
  );
}

function entriesOf({
  shown,
  defaults,
  presets,
  places,
}: SettingsFile): SettingsFileReport['entries'] {
  const parts = [
    ...Object.entries(defaults).map(([name, set]) => ({ kind: 'defaults', name, set })),
    ...Object.entries(presets).map(([name, set]) => ({ kind: 'presets', name, set })),
  ];
  return parts.flatMap(({ kind, name, set }) =>
    Object.entries(set).map(([setting, value]) => ({
      part: kind === 'presets' ? `preset ${name}` : `defaults ${name}`,
      setting,
      value,
      at: at(shown, places.name(pointerTo('', kind, name, setting))),
    })),
  );
}

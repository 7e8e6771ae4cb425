import { flagOfSetting } from '../../commands/flags/settable.js';
import type { GeminiImageError } from '../../domain/error.js';
import type { AddedSettings } from './add-settings.js';

/** An error about flags, with the places in files where those stand that nobody has typed. */
export function namingOrigins(
  error: GeminiImageError,
  { origins, texts, model }: AddedSettings,
): GeminiImageError {
  const all = [...origins, ...(model ? [['model', model.origin] as const] : [])];
  const named = all.filter(([name]) => isNamed(name, texts.get(name), error));
  if (named.length === 0) return error;
  const places = named.map(([name, { at, preset }]) => {
    const part = preset === undefined ? '' : ` (preset ${preset})`;
    return `${name} stands in ${at}${part}`;
  });
  const flags = named.map(([name]) => flagOfSetting(name).replace('--', '--no-'));
  const line = `${places.join(', ')}; ${flags.join(' ')} leaves ${named.length === 1 ? 'it' : 'them'} out.`;
  return error.with({ hint: error.hint === undefined ? line : `${error.hint}\n${line}` });
}

/** By its flag, by the word that the flag is called after, or by its value. */
function isNamed(name: string, text: string | undefined, { message }: GeminiImageError): boolean {
  const words = flagOfSetting(name).slice(2);
  const isCalled = new RegExp(`(?<![\\w-])(?:--)?${words}(?![\\w-])`).test(message);
  return isCalled || (text !== undefined && text.length >= 2 && message.includes(`"${text}"`));
}

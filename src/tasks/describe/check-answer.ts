import { GeminiImageError } from '../../domain/error.js';
import { isObject } from '../../domain/json.js';
import { type Language, parseLanguage } from './language.js';
import { type OwnStyle, ownStyle } from './own-style.js';
import { STYLE_NAMES } from './style-names.js';
import { type Style, styles, type Task } from './styles.js';

/**
 * Says what is wrong with an answer by the rules of its style, as a model is told; undefined if nothing
 * is, or if the style is not known.
 *
 * @param own styles of the user's own, by name.
 */
export function wrongInAnswer(
  { style, lang }: { style: string | undefined; lang: string | undefined },
  value: unknown,
  own: ReadonlyMap<string, OwnStyle> = new Map(),
): string | undefined {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const task = taskFor(style, isObject(value), own);
  if (!task) return undefined;
  const checked = task.validate(text, { language: languageOf(lang) });
  return checked.ok ? undefined : checked.problem;
}

function taskFor(
  name: string | undefined,
  isLong: boolean,
  own: ReadonlyMap<string, OwnStyle>,
): Task | undefined {
  const mine = own.get(name ?? '');
  if (mine) return ownStyle(mine);
  const known = STYLE_NAMES.find((one) => one === name);
  const style: Style | undefined = known && styles[known];
  return isLong ? style?.long : style;
}

/** Records of other programs may name a language that is none. */
function languageOf(lang: string | undefined): Language | undefined {
  if (lang === undefined) return undefined;
  try {
    return parseLanguage(lang);
  } catch (error) {
    if (error instanceof GeminiImageError) return undefined;
    throw error;
  }
}

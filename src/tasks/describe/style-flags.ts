import { usageError } from '../../domain/error.js';
import { nearest } from '../../domain/nearest.js';
import type { CommandContext } from '../../run/context.js';
import { fileOfFlag, readTextFlag } from '../../run/text-flag.js';
import { STYLE_NAMES } from './style-names.js';
import type { StyleChoice } from './styled-prompt.js';
import { readStylesFile, type StylesFile } from './styles-file.js';

/** A style as the command line names it; `prompt` is a text or `@file`, for one of the user's own. */
interface StyleWord {
  name: string;
  prompt?: string;
}

/**
 * The styles of a word such as `title,tags` or `title,mine=@prompt.txt`. A prompt goes to the end of
 * its word, since it may hold commas.
 */
export function styleWords(value: string): StyleWord[] {
  const at = value.indexOf('=');
  const names = (at < 0 ? value : value.slice(0, at)).split(',').map((name) => name.trim());
  if (names.includes('')) {
    throw usageError(
      `--style has an empty name in ${JSON.stringify(value)}`,
      'Separate styles by commas, as in -s title,tags.',
    );
  }
  const words: StyleWord[] = names.map((name) => ({ name }));
  const last = words.at(-1);
  if (at >= 0 && last) last.prompt = value.slice(at + 1);
  return words;
}

/** The files that styles are read from. */
export function styleFiles(
  values: readonly string[],
  stylesFile: string | undefined,
): readonly string[] {
  const prompts = values.flatMap(styleWords).map(({ prompt }) => fileOfFlag(prompt));
  return [...prompts, stylesFile].filter((path) => path !== undefined);
}

/**
 * The styles that are asked for, in their order; a set stands for its styles.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function readStyleFlags(
  values: readonly string[],
  stylesFile: string | undefined,
  { signals }: Pick<CommandContext, 'signals'>,
): Promise<readonly StyleChoice[]> {
  const own =
    stylesFile === undefined ? undefined : await readStylesFile(stylesFile, signals.abort);
  const styles: StyleChoice[] = [];
  for (const { name, prompt } of values.flatMap(styleWords)) {
    if (prompt === undefined) styles.push(...stylesNamed(name, own));
    else {
      const about = {
        what: `the prompt of the style ${name}`,
        ifEmpty: `Give a text after ${name}=, or @file.`,
      };
      styles.push({ name, prompt: await readTextFlag(prompt, about, signals.abort) });
    }
  }
  return styles;
}

function stylesNamed(name: string, own: StylesFile | undefined): readonly StyleChoice[] {
  const known = STYLE_NAMES.find((one) => one === name) ?? own?.styles.get(name);
  if (known !== undefined) return [known];
  const set = own?.sets.get(name);
  if (set) return set;
  const names = [...STYLE_NAMES, ...(own?.styles.keys() ?? []), ...(own?.sets.keys() ?? [])];
  const near = nearest(name, names);
  throw usageError(
    `unknown style ${name}`,
    `${near === undefined ? '' : `Did you mean ${near}? `}There are ${names.join(', ')}; ${name}=@prompt.txt makes one of your own.`,
  );
}

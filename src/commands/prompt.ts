import { readFile } from 'node:fs/promises';
import { GeminiImageError } from '../domain/error.js';
import { errorCode } from '../domain/error-code.js';
import { defaultPrompt } from '../prompts/styles.js';

/**
 * What `--prompt` asks: its text, or with `@file` what the file holds, without the line break at
 * its end. `@@` is a text that begins with @.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function readPrompt(flag: string | undefined): Promise<string> {
  if (flag === undefined) return defaultPrompt;
  const file = promptFile(flag);
  const prompt = file === undefined ? flag.replace(/^@@/, '@') : await readPromptFile(file);
  if (prompt.trim() !== '') return prompt;
  throw new GeminiImageError({
    kind: 'usage',
    message: 'the prompt is empty',
    hint: 'Leave out --prompt for a caption of one or two sentences.',
  });
}

/** The file that `--prompt` names, where it names one. */
export function promptFile(flag = ''): string | undefined {
  return /^@(?!@)/.test(flag) ? flag.slice(1) : undefined;
}

async function readPromptFile(path: string): Promise<string> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
    return text.replace(/\r?\n$/, '');
  } catch (error) {
    const why = error instanceof TypeError ? 'it is no UTF-8 text' : whyUnreadable(error);
    throw new GeminiImageError({
      kind: 'usage',
      message: `the prompt's file ${path} cannot be read: ${why}`,
      hint: '--prompt @file reads the prompt from a file.',
      cause: error,
    });
  }
}

const readFailures: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
};

function whyUnreadable(error: unknown): string {
  const code = errorCode(error) ?? 'unknown error';
  return readFailures[code] ?? code;
}

import type { Brief } from '../../domain/brief.js';
import { usageError } from '../../domain/error.js';
import { hasPlaceholders } from '../../engine/prompt-text.js';
import { outputFormats, wholeText } from '../../output/formats.js';
import type { CommandContext } from '../../run/context.js';
import type { Job } from '../../run/job.js';
import type { RunOptions } from '../../run/options.js';
import { briefFor } from './prompt.js';
import type { BriefOptions, StyleChoice } from './styled-prompt.js';
import type { VocabularyPaths } from './vocabulary/vocabulary.js';
import type { WantedWords } from './vocabulary/vocabulary-tags.js';

/** The prompt and the context may also be `@file`, which names a file to read. */
export interface DescribeOptions extends Omit<BriefOptions, 'style' | 'vocab'> {
  /** Styles as the command line names them. */
  style?: readonly string[] | undefined;
  /** The file of the user's own styles. */
  stylesFile?: string | undefined;
  /** The file with the words that tags may be, and what an answer has of their paths. */
  vocab?: { file: string; paths: VocabularyPaths } | undefined;
  /** A schema file, or the schema itself. */
  schema?: string | undefined;
  /** The schema in the short form of `--fields`. */
  fields?: string | undefined;
  /** The sign between the cells of a CSV. */
  delimiter?: string | undefined;
}

/**
 * The job of `describe`: its question, and how the answers are printed.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export async function describeJob(
  options: DescribeOptions,
  { ask, batch }: Pick<RunOptions, 'ask' | 'batch'>,
  context: CommandContext,
): Promise<Job> {
  const brief = await readBrief(options, context);
  if (ask.together && hasPlaceholders(brief.prompt)) {
    throw usageError(
      '--together asks about all pictures at once, and a prompt with {name} about each',
      'Leave out one of them; a brace by itself is written {{.',
    );
  }
  if (batch && brief.second) {
    throw usageError(
      'a vocabulary of so many words takes a second question, and --batch asks one for each picture',
      'Leave out --batch, or give a list of 100 words at most.',
    );
  }
  if (ask.stream && brief.schema) {
    throw usageError(
      '--stream prints text as it arrives, and this answer is JSON, which has to be whole',
      'Leave out --stream.',
    );
  }
  return {
    brief,
    formats: await formatsOf(brief, options),
    keepsLedger: true,
    done: 'described',
    filesRead: await filesNamedBy(options),
  };
}

async function readBrief(options: DescribeOptions, context: CommandContext): Promise<Brief> {
  const { schema, fields, prompt: asked, context: told, style: named, stylesFile } = options;
  const prompt = asked === undefined ? undefined : await readPrompt(asked, context);
  const known = told === undefined ? undefined : await readContext(told, context);
  const style = await readStyles(named, stylesFile, context);
  if (options.keepGood && (style?.length ?? 0) < 2) {
    throw usageError(
      '--keep-good keeps the right answers of several styles',
      'Ask for several, as in -s title,tags, or leave it out.',
    );
  }
  if (options.vocab && !style?.includes('tags')) {
    throw usageError('--vocab has the words for the style tags', 'Add -s tags, or leave it out.');
  }
  const vocab = options.vocab && (await readVocabulary(options.vocab, context));
  const wanted = { ...options, style, prompt, context: known, vocab };
  if (schema === undefined && fields === undefined) return briefFor(wanted);
  const { readSchemaFlags } = await import('./schema-flags.js');
  const { schemaBrief } = await import('./schema-prompt.js');
  return schemaBrief(await readSchemaFlags({ schema, fields }, context), wanted);
}

/** The files that the question is read from. */
async function filesNamedBy({ prompt, context, schema, vocab, ...options }: DescribeOptions) {
  const files = await stylesRead(options.style ?? [], options.stylesFile);
  const texts = [prompt, context, schema].filter((value) => value !== undefined);
  if (texts.length === 0) return [...files, vocab?.file].filter((path) => path !== undefined);
  const { fileOfFlag, schemaFileOf } = await import('../../run/text-flag.js');
  const named = [fileOfFlag(prompt), fileOfFlag(context), vocab?.file, schemaFileOf(schema)];
  return [...files, ...named].filter((path) => path !== undefined);
}

/** The files that the styles are read from. */
async function stylesRead(values: readonly string[], stylesFile: string | undefined) {
  if (values.length === 0) return [];
  const { styleFiles } = await import('./style-flags.js');
  return styleFiles(values, stylesFile);
}

async function readStyles(
  values: readonly string[] | undefined,
  stylesFile: string | undefined,
  context: CommandContext,
): Promise<readonly StyleChoice[] | undefined> {
  if (values === undefined && stylesFile === undefined) return undefined;
  if (values === undefined) {
    throw usageError(
      '--styles-file says what styles there are, and -s which of them to ask',
      'Add -s with the name of a style or of a set in that file.',
    );
  }
  const { readStyleFlags } = await import('./style-flags.js');
  return readStyleFlags(values, stylesFile, context);
}

async function formatsOf(
  { schema, several }: Brief,
  { long = false, schema: ownSchema, fields, delimiter }: DescribeOptions,
): Promise<Job['formats']> {
  if (several) {
    const { styleFormats } = await import('../../output/style-formats.js');
    return styleFormats([...several.briefs.keys()], long, delimiter);
  }
  const formats = { ...outputFormats, ...(schema && { text: wholeText }) };
  if (schema && (ownSchema !== undefined || fields !== undefined)) {
    const { fieldFormats } = await import('../../output/field-formats.js');
    return { ...formats, ...fieldFormats(schema, delimiter) };
  }
  if (delimiter === undefined) return formats;
  const { csvFormat } = await import('../../output/csv.js');
  return { ...formats, csv: csvFormat(undefined, delimiter) };
}

async function readVocabulary(
  { file, paths }: NonNullable<DescribeOptions['vocab']>,
  { signals }: CommandContext,
): Promise<WantedWords> {
  const { readWords } = await import('./vocabulary/words-file.js');
  const { vocabularyOf } = await import('./vocabulary/vocabulary.js');
  const { readNamedText } = await import('../../run/text-flag.js');
  const title = `the vocabulary ${file}`;
  const text = await readNamedText(file, 'the vocabulary', signals.abort);
  return { vocabulary: vocabularyOf(readWords(text, title), title), paths };
}

async function readPrompt(value: string, { signals }: CommandContext): Promise<string> {
  const { readTextFlag } = await import('../../run/text-flag.js');
  const ifEmpty = 'Leave out --prompt for a caption of one or two sentences.';
  return readTextFlag(value, { what: 'the prompt', ifEmpty }, signals.abort);
}

async function readContext(value: string, { signals }: CommandContext): Promise<string> {
  const { readTextFlag } = await import('../../run/text-flag.js');
  const ifEmpty = 'Leave out --context for none.';
  return readTextFlag(value, { what: 'the context', ifEmpty }, signals.abort);
}

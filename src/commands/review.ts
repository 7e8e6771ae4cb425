import { Option } from 'commander';
import type { Brief } from '../domain/brief.js';
import { usageError } from '../domain/error.js';
import { isObject } from '../domain/json.js';
import type { AskRun, QuestionAgain } from '../review/asking-again.js';
import type { FieldRules, ReviewOptions } from '../review/review.js';
import type { CommandContext, Tally } from '../run/context.js';
import type { CommandDefinition } from './definition.js';
import { runOptions } from './flags/run-flags.js';
import { addFileFlags, addTalkFlags, type TalkFlags, wholeNumber } from './flags/values.js';
import { beginRun } from './picture-command.js';

interface ReviewFlags extends TalkFlags {
  as?: string;
  port?: number;
  /** False for `--no-open`. */
  open: boolean;
  schema?: string;
  fields?: string;
  stylesFile?: string;
  prompt?: string;
  model?: string;
  baseUrl?: string;
  offline?: boolean;
  static?: string;
  copy?: boolean;
  overwrite?: boolean;
}

const examples = `
Examples:
  gemini-image review captions.jsonl
  gemini-image review captions.jsonl --as Ada
  gemini-image review captions.jsonl --no-open --port 8090
  gemini-image review captions.jsonl --static site --copy

Each change is added to the ledger at once; nothing in it is replaced. What people edit or accept is
kept by later runs; describe --redo-rejected asks again about what they reject. The page is served on
127.0.0.1 only, for the browser with the address that is printed, until Ctrl-C. docs/review.md says more.`;

export const reviewCommand: CommandDefinition = {
  define(command, run) {
    command
      .argument('<ledger>', 'what describe, detect or check wrote with -o x.jsonl')
      .option('--as <name>', 'whose changes these are')
      .option(
        '--port <n>',
        'where to listen on 127.0.0.1; 0 is any free port (default: one that stays the same for the ledger)',
        wholeNumber(0, 65_535),
      )
      .option('--no-open', 'only print the address')
      .optionsGroup('What was asked:')
      .option('--schema <schema>', 'check fields by the JSON Schema that was asked for')
      .option('--fields <list>', 'the same in short, as for describe')
      .option('--styles-file <file>', 'the rules of styles of your own (JSON)')
      .optionsGroup('To ask again:')
      .option('-m, --model <name>', 'the model to ask (also: GEMINI_IMAGE_MODEL)')
      .option('-p, --prompt <text>', 'the whole prompt, where the ledger has its first words only')
      .option('--offline', 'ask the built-in emulator: no key, no network, not Gemini')
      .option('--base-url <url>', 'another address of the API (also: GOOGLE_GEMINI_BASE_URL)')
      .optionsGroup('To hand on:')
      .addOption(
        new Option(
          '--static <folder>',
          'write a page that is only looked at, without a server, and end',
        ).conflicts([...OF_THE_SERVER]),
      )
      .option('--copy', 'take the pictures along, without their metadata')
      .option('--overwrite', 'replace an export that has changed; it is kept as <name>~');
    addFileFlags(command.optionsGroup('Options:'));
    addTalkFlags(command)
      .addHelpText('after', examples)
      .action((ledger: string, flags: ReviewFlags) =>
        run(flags, (context) =>
          flags.static === undefined
            ? reviewLedger(ledger, flags, context)
            : exportPage(ledger, flags.static, flags, context),
        ),
      );
  },
};

/** What means nothing where nothing can be changed. */
const OF_THE_SERVER = [
  ...([
    'as',
    'port',
    'open',
    'schema',
    'fields',
    'stylesFile',
    'model',
    'prompt',
    'offline',
    'baseUrl',
  ] as const),
] satisfies readonly (keyof ReviewFlags)[];

async function exportPage(
  ledger: string,
  folder: string,
  { copy = false, overwrite = false }: ReviewFlags,
  context: CommandContext,
): Promise<Tally> {
  const { writeStaticPage } = await import('../review/static/static-page.js');
  return writeStaticPage({ ledger, folder, copies: copy, overwrite }, context);
}

async function reviewLedger(
  ledger: string,
  flags: ReviewFlags,
  context: CommandContext,
): Promise<Tally> {
  const { wrongInAnswer } = await import('../tasks/describe/check-answer.js');
  const { review } = await import('../review/review.js');
  if (flags.copy || flags.overwrite) {
    throw usageError(
      `${flags.copy ? '--copy' : '--overwrite'} is for what --static writes`,
      'Add --static <folder>, or leave it out.',
    );
  }
  const by = flags.as?.trim();
  if (by === '') throw usageError('--as is empty', 'Give a name, or leave it out.');
  const own = await ownStyles(flags, context);
  const settings = await context.settings({ model: flags.model, baseUrl: flags.baseUrl });
  const options: ReviewOptions = {
    ...{ ledger, by, port: flags.port, opens: flags.open },
    check: (answer, value) => wrongInAnswer(answer, value, own),
    fields: await fieldRules(flags, context),
    ask: askRun(ledger, flags),
    model: settings.model,
    // Only when it is needed: a key may come from a program that asks for a password.
    async expectKey() {
      if (!flags.offline) await settings.apiKey();
    },
  };
  return review(options, context);
}

async function ownStyles({ stylesFile }: ReviewFlags, { signals }: CommandContext) {
  if (stylesFile === undefined) return undefined;
  const { readStylesFile } = await import('../tasks/describe/styles-file.js');
  return (await readStylesFile(stylesFile, signals.abort)).styles;
}

async function fieldRules(
  { schema, fields }: ReviewFlags,
  context: CommandContext,
): Promise<FieldRules | undefined> {
  if (schema === undefined && fields === undefined) return undefined;
  const { readSchemaFlags } = await import('../tasks/describe/schema-flags.js');
  const { createValidator } = await import('../schema/validator.js');
  const { given } = await readSchemaFlags({ schema, fields }, context);
  const properties = isObject(given.properties) ? given.properties : {};
  const validators = new Map<string, (value: unknown) => string | undefined>();
  for (const [name, property] of Object.entries(properties)) {
    if (isObject(property)) validators.set(name, await createValidator(property));
  }
  return {
    check: (name, value) => validators.get(name)?.(value),
    choicesOf(name) {
      const property = properties[name];
      const choices = isObject(property) ? property.enum : undefined;
      return Array.isArray(choices) && choices.every((one) => typeof one === 'string')
        ? choices
        : undefined;
    },
  };
}

/** Asks by the same run as `describe -o <ledger> --redo` does. */
function askRun(ledger: string, flags: ReviewFlags): AskRun {
  return async (question, { isDry, onOutcome }, context) => {
    const { describeJob } = await import('../tasks/describe/describe-task.js');
    const { images } = question;
    const options = runOptions(
      { images, filesFrom: undefined, nulSeparated: false },
      {
        ...(flags.model !== undefined && { model: flags.model }),
        ...(flags.baseUrl !== undefined && { baseUrl: flags.baseUrl }),
        offline: flags.offline ?? false,
        ...{ concurrency: 8, redo: true, output: ledger, format: isDry ? 'json' : 'jsonl' },
      },
      { takesPdf: true },
    );
    const { styles, lang, isLong, schema, hint } = question;
    await expectStyles(styles ?? [], flags);
    const asked = {
      ...(styles ? { style: styles, stylesFile: flags.stylesFile } : {}),
      ...(schema !== undefined && schemaOf(flags)),
      prompt: styles ? undefined : await promptOf(question, flags.prompt),
      ...{ lang, long: isLong },
      context: hint === undefined ? undefined : hint.replace(/^@/, '@@'),
    };
    const job = await describeJob(asked, options, context);
    await expectSchema(schema, job.brief);
    const noting = {
      ...job,
      async alongside({ record }: { record: { status: 'ok' | 'failed'; costUsd?: number } }) {
        onOutcome(record.status === 'ok', record.costUsd ?? 0);
      },
    };
    return beginRun(noting, options, isDry, context);
  };
}

/** The ledger has the names of styles only. */
async function expectStyles(styles: readonly string[], { stylesFile }: ReviewFlags): Promise<void> {
  const { STYLE_NAMES } = await import('../tasks/describe/style-names.js');
  const own = styles.find((style) => !STYLE_NAMES.some((known) => known === style));
  if (own === undefined || stylesFile !== undefined) return;
  throw usageError(
    `the ledger does not say what the style ${own} asks`,
    'Start the review with the file that has it: --styles-file.',
  );
}

/** It has no schema either, but knows it again. */
function schemaOf({ schema, fields }: ReviewFlags) {
  if (schema !== undefined || fields !== undefined) return { schema, fields };
  throw usageError(
    'the ledger does not have the schema of these fields',
    'Start the review with the --fields or --schema that were asked.',
  );
}

async function expectSchema(wanted: string | undefined, brief: Brief): Promise<void> {
  if (wanted === undefined) return;
  const { askedInWords } = await import('../engine/fingerprint.js');
  if (askedInWords(brief).schema === wanted) return;
  throw usageError(
    'these fields were asked by another schema than the review has',
    'Start it with the --fields or --schema that were asked; boxes and verdicts are asked by detect and check.',
  );
}

/** The ledger has the first words of a prompt; one that is longer has to be given. */
async function promptOf(
  { prompt, schema }: QuestionAgain,
  given: string | undefined,
): Promise<string | undefined> {
  const defaultPrompt =
    schema === undefined
      ? (await import('../tasks/describe/style-names.js')).defaultPrompt
      : (await import('../tasks/describe/schema-prompt.js')).schemaPrompt;
  if (prompt === undefined) return undefined;
  const words = prompt.replace(/…$/, '');
  if (words !== prompt && defaultPrompt.startsWith(words)) return undefined;
  if (words === prompt) return prompt;
  if (given?.startsWith(words)) return given;
  throw usageError(
    `the ledger has only the first words of the prompt: ${prompt}`,
    'Start the review with the whole prompt: -p.',
  );
}

import { type CaptionTask, prepareQuestion } from '../captions/caption-image.js';
import { captionImages } from '../captions/caption-images.js';
import { type ErrorKind, GeminiImageError } from '../domain/error.js';
import { createClient, type GeminiClient } from '../gemini/client.js';
import { previewRequest, requestUrl } from '../gemini/request.js';
import { type FormatName, outputFormats } from '../output/formats.js';
import type { CommandContext, Settings, TalkFlags, Tally } from './context.js';
import { promptFile, readPrompt } from './prompt.js';
import { openService } from './service.js';
import { openSink, type Sink } from './sink.js';

export interface DescribeFlags extends TalkFlags {
  prompt?: string;
  model?: string;
  stream?: boolean;
  format: FormatName;
  output?: string;
  retries: number;
  timeout: number;
  dryRun?: boolean;
  offline?: boolean;
  baseUrl?: string;
}

/** Captions the pictures one after the other and writes each result as it is there. */
export async function runDescribe(
  names: readonly string[],
  flags: DescribeFlags,
  context: CommandContext,
): Promise<Tally> {
  const settings = await context.settings(flags);
  const task = await captionTask(flags, settings, context);
  const service = await openService(flags.offline, settings, context);
  try {
    const { timeout, retries } = flags;
    const client = createClient({ ...service, timeoutMs: timeout * 1000, retries });
    const sink = await openSink(flags.output, inputs(names, flags), context.stdout);
    try {
      return await writeRecords(names, client, task, flags, sink, context);
    } catch (error) {
      await sink.discard();
      throw error;
    }
  } finally {
    await service.close();
  }
}

/** The files that the run reads, which its output must not write over. */
function inputs(names: readonly string[], { prompt }: DescribeFlags): string[] {
  const pictures = names.map((name) => (name === '-' ? '/dev/stdin' : name));
  return [...pictures, promptFile(prompt) ?? [], '.env'].flat();
}

async function writeRecords(
  names: readonly string[],
  client: GeminiClient,
  task: CaptionTask,
  flags: DescribeFlags,
  sink: Sink,
  { talk }: CommandContext,
): Promise<Tally> {
  const format = outputFormats[flags.format].create(names.length > 1);
  const failures: ErrorKind[] = [];
  let produced = 0;
  let withText = 0;
  let begun = false;
  const write = async (text: string) => {
    begun ||= text !== '';
    await sink.write(text);
  };
  const onText = async (text: string, image: string) => {
    if (sink.live) await write(format.piece(text, image));
  };
  const finish = async () => {
    await write(format.end());
    const leftOut = await sink.close(withText);
    if (leftOut) talk.warn(`${flags.output} is left as it was: no picture was captioned`);
  };
  try {
    const wanted = flags.stream ? { ...task, onText } : task;
    for await (const { record, error } of captionImages(names, client, wanted)) {
      await write(format.record(record));
      if (error === undefined || error.partialText !== undefined) withText += 1;
      if (error === undefined) produced += 1;
      else {
        failures.push(error.kind);
        talk.error(error, record.image);
      }
    }
  } catch (error) {
    // Of a run that is interrupted, what is finished is kept, as whole JSON and whole lines.
    if (isInterrupted(error) && begun) await finish();
    throw error;
  }
  await finish();
  return { produced, failures };
}

/** Prints what would be sent, with the picture's bytes as a count; needs no key and no network. */
export async function runDryRun(
  names: readonly string[],
  flags: DescribeFlags,
  context: CommandContext,
): Promise<Tally> {
  const settings = await context.settings(flags);
  const task = await captionTask(flags, settings, context);
  const url = requestUrl(settings.baseUrl(), settings.model, flags.stream ?? false);
  const failures: ErrorKind[] = [];
  const requests = [];
  for (const name of names) {
    try {
      const { question } = await prepareQuestion(name, task);
      requests.push({ image: name, method: 'POST', url, body: previewRequest(question) });
    } catch (error) {
      if (!(error instanceof GeminiImageError) || isInterrupted(error)) throw error;
      failures.push(error.kind);
      context.talk.error(error, name);
    }
  }
  const [first] = requests;
  const shown = names.length > 1 ? requests : first;
  if (first) await context.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
  return { produced: requests.length, failures };
}

async function captionTask(
  flags: DescribeFlags,
  { model }: Settings,
  { stdin, signal, talk }: CommandContext,
): Promise<CaptionTask> {
  const prompt = await readPrompt(flags.prompt);
  return { model, prompt, stdin: stdin.stream, signal, listener: talk.listener };
}

function isInterrupted(error: unknown): boolean {
  return error instanceof GeminiImageError && error.kind === 'interrupted';
}

import { captionImages } from '../captions/caption-images.js';
import type { CaptionTask } from '../captions/caption-task.js';
import { captionTogether } from '../captions/caption-together.js';
import type { ErrorKind } from '../domain/error.js';
import { createClient, type GeminiClient } from '../gemini/client.js';
import type { FindInputs } from '../images/find/find-images.js';
import { displayName } from '../images/web/display-name.js';
import { outputFormats } from '../output/formats.js';
import type { CommandContext, Tally } from './context.js';
import { captionTask, type DescribeFlags, isInterrupted } from './describe-task.js';
import { openPictures, type Pictures } from './pictures.js';
import { promptFile } from './prompt.js';
import { openService } from './service.js';
import { openSink, type Sink } from './sink.js';
import { sparePictures } from './spare-pictures.js';
import { noteTally } from './tally-note.js';

/** Captions the pictures one after the other and writes each result as it is there. */
export async function runDescribe(
  inputs: FindInputs,
  flags: DescribeFlags,
  context: CommandContext,
): Promise<Tally> {
  const settings = await context.settings(flags);
  const task = await captionTask(flags, settings, context);
  const service = await openService(flags.offline, settings, context);
  try {
    const { timeout, retries } = flags;
    const client = createClient({ ...service, timeoutMs: timeout * 1000, retries });
    const sink = await openSink(flags.output, filesRead(inputs, flags), context.stdout);
    try {
      await sparePictures(flags.output);
      const pictures = await openPictures(inputs, flags, context);
      return await writeRecords(pictures, client, task, flags, sink, context);
    } catch (error) {
      await sink.discard();
      throw error;
    }
  } finally {
    await service.close();
  }
}

/** The files that the run is known to read, which its output must not write over. */
function filesRead({ images, filesFrom }: FindInputs, { prompt }: DescribeFlags): string[] {
  const files = [...images, filesFrom ?? [], promptFile(prompt) ?? [], '.env'].flat();
  return files.map((name) => (name === '-' ? '/dev/stdin' : name));
}

async function writeRecords(
  { found, several, passedOver }: Pictures,
  client: GeminiClient,
  task: CaptionTask,
  flags: DescribeFlags,
  sink: Sink,
  { talk }: CommandContext,
): Promise<Tally> {
  const format = outputFormats[flags.format].create(several && !flags.together);
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
  const caption = flags.together ? captionTogether : captionImages;
  try {
    const wanted = flags.stream ? { ...task, onText } : task;
    for await (const { record, error } of caption(found, client, wanted)) {
      await write(format.record(record));
      if (error === undefined || error.partialText !== undefined) withText += 1;
      if (error === undefined) produced += 1;
      else {
        failures.push(error.kind);
        talk.error(error, 'image' in record ? displayName(record.image) : undefined);
      }
    }
  } catch (error) {
    // Of a run that is interrupted, what is finished is kept, as whole JSON and whole lines.
    if (isInterrupted(error) && begun) await finish();
    throw error;
  }
  await finish();
  noteTally(talk, flags.together ? 'answered' : 'described', { produced, failures }, passedOver());
  return { produced, failures };
}

import type { CaptionTask } from '../captions/caption-task.js';
import { GeminiImageError } from '../domain/error.js';
import type { FormatName } from '../output/formats.js';
import type { CommandContext, Settings, TalkFlags } from './context.js';
import { readPrompt } from './prompt.js';

export interface DescribeFlags extends TalkFlags {
  recursive?: boolean;
  filesFrom?: string;
  null?: boolean;
  allowPrivateHosts?: boolean;
  together?: boolean;
  maxEdge: number;
  keepMetadata?: boolean;
  original?: boolean;
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

/** What a run asks of every picture. */
export async function captionTask(
  flags: DescribeFlags,
  { model, proxy }: Settings,
  { stdin, signal, talk }: CommandContext,
): Promise<CaptionTask> {
  const { maxEdge, keepMetadata = false, original = false } = flags;
  const { timeout, retries, allowPrivateHosts = false } = flags;
  return {
    model,
    prompt: await readPrompt(flags.prompt),
    load: {
      stdin: stdin.stream,
      web: { timeoutMs: timeout * 1000, retries, allowPrivateHosts, proxy },
      maxEdge,
      keepMetadata,
      original,
    },
    signal,
    listener: talk.listener,
  };
}

export function isInterrupted(error: unknown): boolean {
  return error instanceof GeminiImageError && error.kind === 'interrupted';
}

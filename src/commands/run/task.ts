import type { CaptionTask } from '../../captions/caption-task.js';
import { isLocalService } from '../../gemini/base-url.js';
import type { FormatName } from '../../output/formats.js';
import type { CommandContext, Settings, TalkFlags } from '../context.js';
import { readPrompt } from '../prompt.js';

export interface DescribeFlags extends TalkFlags {
  recursive?: boolean;
  filesFrom?: string;
  null?: boolean;
  allowPrivateHosts?: boolean;
  together?: boolean;
  limit?: number;
  maxEdge: number;
  keepMetadata?: boolean;
  original?: boolean;
  prompt?: string;
  model?: string;
  retries?: number;
  timeout: number;
  dryRun?: boolean;
  offline?: boolean;
  baseUrl?: string;
  concurrency: number;
  rpm?: number;
  tpm?: number;
  maxCost?: number;
  failFast?: boolean;
  cache?: boolean;
  stream?: boolean;
  format?: FormatName;
  output?: string;
  overwrite?: boolean;
  /** True for `--sidecar` without an ending. */
  sidecar?: string | true;
  sidecarDir?: string;
  prefix?: string;
  suffix?: string;
  failed?: string;
}

/** Of many pictures one has bad luck, and fails a run that took hours. */
const RETRIES = { one: 4, several: 6 };

/** How often something is tried again. */
export function retriesOf({ retries }: DescribeFlags, several: boolean): number {
  return retries ?? (several ? RETRIES.several : RETRIES.one);
}

/** What a run asks of every picture. */
export async function captionTask(
  flags: DescribeFlags,
  { model, baseUrl, proxy }: Settings,
  several: boolean,
  { stdin, signal, talk }: CommandContext,
): Promise<CaptionTask> {
  const { maxEdge, keepMetadata = false, original = false } = flags;
  const { timeout, allowPrivateHosts = false } = flags;
  return {
    model,
    prompt: await readPrompt(flags.prompt),
    isLocal: flags.offline === true || isLocalService(baseUrl()),
    load: {
      stdin: stdin.stream,
      web: {
        timeoutMs: timeout * 1000,
        retries: retriesOf(flags, several),
        allowPrivateHosts,
        proxy,
      },
      maxEdge,
      keepMetadata,
      original,
    },
    signal,
    listener: talk.listener,
  };
}

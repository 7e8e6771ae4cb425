import { usageError } from '../domain/error.js';
import type { Budget } from '../engine/budget.js';
import type { RunStop } from '../engine/run-stop.js';
import { isLocalService } from '../gemini/base-url.js';
import type { ClientSettings } from '../gemini/client.js';
import { priceOf } from '../gemini/models.js';
import type { AnswerCache } from '../storage/answer-cache.js';
import type { CommandContext, Settings } from './context.js';
import { type RunOptions, tierToPay } from './options.js';

/** The address and key for questions. */
export interface Service extends Pick<ClientSettings, 'apiKey' | 'baseUrl' | 'proxy'> {
  close(): Promise<void>;
}

/** The real API or, with `--offline`, the emulator in this process. */
export async function openService(
  offline: boolean,
  settings: Settings,
  { tell }: Pick<CommandContext, 'tell'>,
): Promise<Service> {
  if (!offline) {
    const { proxy } = settings;
    const baseUrl = settings.baseUrl();
    if (settings.unreadProxy !== undefined && !isLocalService(baseUrl)) {
      tell({ type: 'proxyUnread', variable: settings.unreadProxy });
    }
    return { baseUrl, apiKey: await settings.apiKey(), proxy, close: async () => {} };
  }
  const { startEmulator } = await import('../emulator/emulator.js');
  const emulator = await startEmulator();
  tell({ type: 'offline' });
  return { baseUrl: emulator.url, apiKey: 'offline', close: emulator.close };
}

/**
 * The budget for `--max-cost`, which ends the run when it is used up.
 *
 * @param besidesUsd what counts besides the calls of the run.
 * @throws GeminiImageError of kind `usage` if no price is known.
 */
export async function openBudget(
  { limits: { costUsd: maxCostUsd }, ask }: Pick<RunOptions, 'limits' | 'ask'>,
  model: string,
  run: RunStop,
  { tell, today }: Pick<CommandContext, 'tell' | 'today'>,
  besidesUsd?: () => number,
): Promise<Budget | undefined> {
  if (maxCostUsd === undefined) return undefined;
  const price = priceOf(model, today, tierToPay(ask));
  if (!price) {
    throw usageError(
      `no price is known for ${model}, so --max-cost cannot be kept`,
      'Leave out --max-cost, or limit the run with --limit.',
    );
  }
  const { createRunBudget } = await import('../engine/run-budget.js');
  return createRunBudget({ maxCostUsd, price, tell, besidesUsd, setBy: '--max-cost' }, run);
}

/** The cache for `--cache`. If it cannot be used, there is one warning. */
export async function openCache(
  { ask: { cache, offline }, outputs: { redo } }: Pick<RunOptions, 'ask' | 'outputs'>,
  settings: Settings,
  { tell }: CommandContext,
): Promise<AnswerCache | undefined> {
  if (!cache) return undefined;
  const { openAnswerCache } = await import('../storage/answer-cache.js');
  const service = offline ? 'offline' : settings.baseUrl();
  const opened = openAnswerCache(await settings.cacheFolder(), tell, service);
  // With --redo the user wants a new answer, which then replaces the kept one.
  return redo ? { ...opened, find: async () => undefined } : opened;
}

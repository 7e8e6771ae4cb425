import { isLocalService } from '../gemini/base-url.js';
import type { ClientSettings } from '../gemini/client.js';
import type { Settings, Talk } from './context.js';

/** Where questions go, and with which key. */
export interface Service extends Pick<ClientSettings, 'apiKey' | 'baseUrl' | 'proxy'> {
  close(): Promise<void>;
}

/** The real API or, where it was asked for, the emulator inside this process. */
export async function openService(
  offline: boolean | undefined,
  settings: Settings,
  { talk }: { talk: Pick<Talk, 'warn' | 'note'> },
): Promise<Service> {
  if (!offline) {
    const { proxy } = settings;
    const baseUrl = settings.baseUrl();
    if (settings.unreadProxy !== undefined && !isLocalService(baseUrl)) {
      talk.warn(`${settings.unreadProxy} is not read; set HTTPS_PROXY to go through a proxy`);
    }
    return { baseUrl, apiKey: settings.apiKey(), proxy, close: async () => {} };
  }
  const { startEmulator } = await import('../emulator/emulator.js');
  const emulator = await startEmulator();
  talk.note('offline: answered by the built-in emulator, not by Gemini');
  return { baseUrl: emulator.url, apiKey: 'offline', close: emulator.close };
}

import type { Surroundings } from '../../src/run/context.js';

/** A machine on which nothing is set. */
export const bare: Surroundings = {
  node: '20.19.0',
  variable: () => undefined,
  envFile: async () => ({ taken: [], ignored: [] }),
  keySource: () => undefined,
  settingsFiles: async () => [],
  settingOrigins: new Map(),
  terminal: { isTerminal: false, columns: undefined, colours: false },
};

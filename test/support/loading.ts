/** How pictures are loaded where a test is not about it. */

import { DEFAULT_MAX_EDGE } from '../../src/domain/picture.js';
import type { LoadSettings } from '../../src/engine/engine-task.js';

export const LOADING: LoadSettings = {
  web: { timeoutMs: 10_000, retries: 0, allowPrivateHosts: false },
  maxEdge: DEFAULT_MAX_EDGE,
  keepMetadata: false,
  original: false,
};

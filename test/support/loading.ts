/** How pictures are loaded where a test is not about it. */
import type { LoadSettings } from '../../src/captions/caption-task.js';
import { DEFAULT_MAX_EDGE } from '../../src/domain/picture.js';

export const LOADING: LoadSettings = {
  maxEdge: DEFAULT_MAX_EDGE,
  keepMetadata: false,
  original: false,
};

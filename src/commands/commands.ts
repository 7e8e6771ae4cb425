import { altCommand } from './alt.js';
import { batchCommand } from './batch.js';
import { cacheCommand } from './cache.js';
import { checkCommand } from './check.js';
import { completionCommand } from './completion.js';
import type { CommandDefinition } from './definition.js';
import { demoCommand } from './demo.js';
import { describeCommand } from './describe.js';
import { detectCommand } from './detect.js';
import { doctorCommand } from './doctor.js';
import { emulatorCommand } from './emulator.js';
import { exportCommand } from './export.js';
import { mergeCommand } from './merge.js';
import { modelsCommand } from './models.js';
import { reviewCommand } from './review.js';
import { showCommand } from './show.js';
import { stylesCommand } from './styles.js';
import { writeCommand } from './write.js';

/** Every command, in the order of the help. */
export const commands: readonly CommandDefinition[] = [
  describeCommand,
  checkCommand,
  detectCommand,
  altCommand,
  batchCommand,
  mergeCommand,
  exportCommand,
  reviewCommand,
  showCommand,
  writeCommand,
  stylesCommand,
  modelsCommand,
  demoCommand,
  doctorCommand,
  completionCommand,
  cacheCommand,
  emulatorCommand,
];

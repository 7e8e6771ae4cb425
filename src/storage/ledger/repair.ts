import { open } from 'node:fs/promises';
import type { Damage } from './survey.js';

/**
 * Mends a ledger so that every line is a record or blank, and the last one has its end. No whole
 * record is touched.
 *
 * @param size of the file, in bytes.
 * @param onRepair told in words what was done, once for each repair.
 * @returns the size afterwards.
 */
export async function repair(
  target: string,
  size: number,
  { torn, unended, lost }: Damage,
  onRepair: (what: string) => void = () => {},
): Promise<number> {
  if (torn === undefined && !unended && lost.length === 0) return size;
  // The ledger's own descriptor can only append.
  const file = await open(target, 'r+');
  try {
    for (const { at, length } of lost) {
      await file.write(Buffer.alloc(length, ' '), 0, length, at);
      onRepair(`a damaged line of ${length} bytes was blanked`);
    }
    if (torn !== undefined) {
      await file.truncate(torn);
      onRepair(`a torn last line of ${size - torn} bytes was cut off`);
    } else if (unended) {
      await file.write('\n', size);
      onRepair('the end of the last line was added');
    }
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

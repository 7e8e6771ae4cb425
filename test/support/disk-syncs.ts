import { open } from 'node:fs/promises';
import { vi } from 'vitest';

/**
 * Tells of each time that a file's bytes are brought to the disk, before that is done. A loss of
 * power cannot be had in a test; that the system is asked can.
 */
export async function onDataSync(told: () => void): Promise<void> {
  const handle = await open(import.meta.filename);
  const methods: { datasync(): Promise<void> } = Object.getPrototypeOf(handle);
  await handle.close();
  const { datasync } = methods;
  vi.spyOn(methods, 'datasync').mockImplementation(function (this: typeof methods) {
    told();
    return datasync.call(this);
  });
}

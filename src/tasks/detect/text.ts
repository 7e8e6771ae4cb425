import type { Detection } from '../../domain/box.js';
import { type Formatter, silent } from '../../output/formats.js';
import { oneColumn } from '../../output/one-column.js';

/**
 * `label<TAB>x<TAB>y<TAB>width<TAB>height`, a line a box.
 *
 * @param several whether each line begins with the picture it is about.
 */
export function boxLines(several: boolean): Formatter<Detection> {
  return {
    ...silent,
    record(record) {
      if (record.status === 'failed' || record.text === '') return '';
      const head = several && 'image' in record ? `${oneColumn(record.image)}\t` : '';
      return record.text
        .split('\n')
        .map((line) => `${head}${line}\n`)
        .join('');
    },
  };
}

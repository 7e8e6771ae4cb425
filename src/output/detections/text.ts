import type { Detection } from '../../domain/box.js';
import type { Formatter } from '../formats.js';

/**
 * `label<TAB>x<TAB>y<TAB>width<TAB>height`, a line a box.
 *
 * @param several whether each line begins with the picture it is about.
 */
export function boxLines(several: boolean): Formatter<Detection> {
  return {
    piece: () => '',
    record(record) {
      if (record.status === 'failed' || record.text === '') return '';
      const head =
        several && 'image' in record ? `${record.image.replace(LINE_BREAKS, ' ')}\t` : '';
      return record.text
        .split('\n')
        .map((line) => `${head}${line}\n`)
        .join('');
    },
    end: () => '',
  };
}

/** What would end a line or a column. */
const LINE_BREAKS = /[\t\r\n\u2028\u2029]+/g;

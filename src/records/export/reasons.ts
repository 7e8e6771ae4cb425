import type { Reason } from './export-format.js';

/** Why pictures are not in exports. */
export const NO_CAPTION: Reason = {
  one: 'has no text in these columns',
  many: 'have no text in these columns',
};

export const NOT_SEARCHED: Reason = {
  one: 'was not searched for objects',
  many: 'were not searched for objects',
};

export const TOGETHER: Reason = {
  one: 'was asked about together with others',
  many: 'were asked about together with others',
};

export const NO_FILE: Reason = {
  one: 'is not there any more',
  many: 'are not there any more',
  kind: 'input',
};

export function outsideOf(folder: string): Reason {
  return {
    one: `does not lie in the folder ${folder} (--base names another)`,
    many: `do not lie in the folder ${folder} (--base names another)`,
    kind: 'input',
  };
}

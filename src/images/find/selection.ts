/** What a walk looks for, seen from one folder on its way. */
export interface Selection {
  /** The same for selections that take the same below a folder. */
  readonly key: string;
  takesFile(name: string): boolean;
  /** What to look for inside a sub-folder; undefined where that has nothing to do with it. */
  inside(name: string): Selection | undefined;
}

export function isHidden(name: string): boolean {
  return name.startsWith('.');
}

/** A sub-folder that the user may have meant but did not ask for. */
export const leftOut: Selection = { key: '', takesFile: () => false, inside: () => undefined };

const all: Selection = {
  key: '**',
  takesFile: (name) => !isHidden(name),
  inside: (name) => (isHidden(name) ? undefined : all),
};

/** Everything in a folder that is not hidden. */
export function everything({ recursive }: { recursive: boolean }): Selection {
  if (recursive) return all;
  return { ...all, key: '*', inside: (name) => (isHidden(name) ? undefined : leftOut) };
}

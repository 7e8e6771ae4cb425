/** A step further into a document, as a JSON pointer (RFC 6901). */
export function pointerTo(place: string, ...steps: readonly (string | number)[]): string {
  const escaped = steps.map((step) => String(step).replaceAll('~', '~0').replaceAll('/', '~1'));
  return [place, ...escaped].join('/');
}

/** The pointer of a `$ref` into its own document, with its escapes undone; else undefined. */
export function localPointer(ref: unknown): string | undefined {
  if (typeof ref !== 'string' || !/^#(\/|$)/.test(ref)) return undefined;
  try {
    return decodeURIComponent(ref.slice(1));
  } catch {
    return undefined;
  }
}

/** What a pointer leads to; undefined where it leads nowhere. */
export function lookUp(root: unknown, pointer: string): unknown {
  let found = root;
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}

/** Writes values as JSON while they come: one by itself, or the items of an array. */
export interface JsonValues {
  value(value: unknown): string;
  end(): string;
}

/** @param several whether an array is wanted. */
export function jsonValues(several: boolean): JsonValues {
  if (!several) return { value: (value) => `${pretty(value)}\n`, end: () => '' };
  let separator = '[\n';
  return {
    value(value) {
      const item = `${separator}${pretty(value)}`;
      separator = ',\n';
      return item;
    },
    end: () => (separator === '[\n' ? '[]\n' : '\n]\n'),
  };
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

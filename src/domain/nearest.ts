/** The name that was probably meant by a wrong one; undefined if none is near. */
export function nearest(wrong: string, names: readonly string[]): string | undefined {
  const given = plain(wrong);
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const meant = plain(name);
    const distance = isBeginning(given, meant) ? 1 : editsBetween(given, meant);
    // Of a short name, every second letter may not be wrong.
    if (distance < least && distance <= Math.max(1, Math.floor(meant.length / 3))) {
      best = name;
      least = distance;
    }
  }
  return best;
}

/**
 * The names that may have been meant, the nearest first: those that differ in a few letters, then
 * those that hold what was given, such as `neon`.
 */
export function nearestNames(wrong: string, names: readonly string[], most = 3): readonly string[] {
  const given = plain(wrong);
  const ranked = names.flatMap((name) => {
    const meant = plain(name);
    const edits = editsBetween(given, meant);
    if (edits <= Math.max(1, Math.floor(meant.length / 6))) return [{ name, rank: edits }];
    return given.length >= 3 && meant.includes(given) ? [{ name, rank: meant.length }] : [];
  });
  return ranked
    .toSorted((one, other) => one.rank - other.rank)
    .slice(0, most)
    .map(({ name }) => name);
}

/** `max_edge` and `max-edge` are `maxEdge`. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[-_\s]/g, '');
}

/** As `timeout` is of `timeoutMs`. */
function isBeginning(one: string, other: string): boolean {
  return one.length >= 4 && other.startsWith(one);
}

/** How many letters are to be put in, taken out, replaced or swapped with their neighbour. */
function editsBetween(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const isSame = one[i - 1] === other[j - 1];
      const cost = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (isSame ? 0 : 1),
      );
      const isSwapped =
        i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      row.push(isSwapped ? Math.min(cost, (before[j - 2] ?? 0) + 1) : cost);
    }
    before = last;
    last = row;
  }
  return last[other.length] ?? 0;
}

/** Who lays claim to which bytes of a file, so that nothing is overwritten that others read. */
/** A range of bytes; `owner` is told of where it is not the only one to claim them. */
export interface Claim<Owner> {
  readonly from: number;
  readonly to: number;
  readonly owner?: Owner;
}

/** What lies between ranges of data: headers, lists, and all that is behind the end of the file. */
export function structureAround(
  data: readonly Claim<unknown>[],
  fileBytes: number,
): Claim<never>[] {
  const inOrder = data.toSorted((a, b) => a.from - b.from);
  const starts = [0, ...inOrder.map(({ to }) => to)];
  const ends = [...inOrder.map(({ from }) => from), fileBytes];
  const between = starts.map((from, index) => ({ from, to: ends[index] ?? from }));
  return [...between, { from: fileBytes, to: Number.POSITIVE_INFINITY }];
}

/** The owners of bytes that somebody else claims, too. */
export function disputed<Owner>(claims: readonly Claim<Owner>[]): Set<Owner> {
  const found = new Set<Owner>();
  const inOrder = claims.filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from);
  let group: Claim<Owner>[] = [];
  let reach = 0;
  const close = () => {
    if (group.length < 2) return;
    for (const { owner } of group) if (owner !== undefined) found.add(owner);
  };
  for (const claim of inOrder) {
    if (claim.from >= reach) {
      close();
      group = [];
    }
    group.push(claim);
    reach = Math.max(reach, claim.to);
  }
  close();
  return found;
}

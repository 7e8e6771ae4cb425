/**
 * Whether stderr may be coloured: `--no-color` says no, then NO_COLOR, then FORCE_COLOR says yes
 * (or, with 0, no), then it depends on whether it is a terminal that can.
 */
export function wantsColour(
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
  flag = true,
): boolean {
  if (!flag || (env.NO_COLOR ?? '') !== '') return false;
  const forced = env.FORCE_COLOR;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return isTerminal && env.TERM !== 'dumb';
}

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

/** How words are set off on a terminal. Without colour, each function returns its text as it is. */
export interface Palette {
  bad(text: string): string;
  warning(text: string): string;
  quiet(text: string): string;
}

/** Loads chalk only if colour is wanted. */
export async function createPalette(colour: boolean): Promise<Palette> {
  if (!colour) {
    const plain = (text: string) => text;
    return { bad: plain, warning: plain, quiet: plain };
  }
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  return { bad: chalk.red.bold, warning: chalk.yellow, quiet: chalk.dim };
}

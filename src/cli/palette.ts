/** How words are set off on a terminal; the identity elsewhere. */
export interface Palette {
  bad(text: string): string;
  warning(text: string): string;
  quiet(text: string): string;
}

/** Loads chalk only where there is somebody to see it. */
export async function createPalette(colour: boolean): Promise<Palette> {
  if (!colour) {
    const plain = (text: string) => text;
    return { bad: plain, warning: plain, quiet: plain };
  }
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  return { bad: chalk.red.bold, warning: chalk.yellow, quiet: chalk.dim };
}

/** What a shell reads as a word as it stands; zsh takes `=word` for something else. */
const PLAIN = /^[\w@%+:,./-][\w@%+=:,./-]*$/;

/** Names of what only this process can read. */
const OWN_INPUT = /^(?:-|\/dev\/stdin|\/(?:dev|proc\/self)\/fd\/\d+)$/;

/**
 * Says how to go on with a run: by its own command line, ready for a shell.
 *
 * @param args as they were given, without the program.
 * @param hasBegunAnew whether `--overwrite` has done its work, and would do it again.
 */
export function howToGoOn(args: readonly string[], hasBegunAnew: boolean): string {
  const words = args.filter((arg) => !(hasBegunAnew && arg === '--overwrite'));
  const command = ['gemini-image', ...words.map(quoted)].join(' ');
  return words.some((word) => OWN_INPUT.test(word))
    ? `To go on, give it the same input again: … | ${command}`
    : `To go on: ${command}`;
}

/** A word as a POSIX shell reads it back. */
export function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

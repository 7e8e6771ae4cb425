import { displayName } from '../images/web/display-name.js';

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
  const shown = words.map(withoutSecrets);
  const command = ['gemini-image', ...shown.map(quoted)].join(' ');
  const hint = shown.every((word, index) => word === words[index])
    ? ''
    : ', with the addresses in full';
  return words.some((word) => OWN_INPUT.test(word))
    ? `To go on, give it the same input again${hint}: … | ${command}`
    : `To go on${hint}: ${command}`;
}

/** What is printed goes into logs, and a signed address would open its door to all who read them. */
function withoutSecrets(word: string): string {
  const shown = displayName(word);
  return shown === word ? word : `${shown}?…`;
}

/** A word as a POSIX shell reads it back. */
export function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The longest title that GitHub's Checks API takes, in characters. */
const TITLE_LENGTH = 255;

/** What an annotation is about, such as `file`, `line` and `title`. */
export type CommandProperties = Readonly<Record<string, string | undefined>>;

/** A title that GitHub's Checks API takes: a longer text is cut without splitting a character. */
export function shortTitle(text: string): string {
  const chars = Array.from(text.slice(0, 2 * TITLE_LENGTH + 2));
  return chars.length > TITLE_LENGTH ? `${chars.slice(0, TITLE_LENGTH - 1).join('')}…` : text;
}

/**
 * A workflow command, always on one line: line breaks are escaped, so that a text of the model
 * cannot begin a command of its own. The escapes are those of GitHub's `@actions/core`.
 */
export function workflowCommand(
  level: 'error' | 'warning',
  properties: CommandProperties,
  message: string,
): string {
  const named = Object.entries(properties).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${escapedProperty(value)}`],
  );
  const head = [level, named.join(',')].filter((part) => part !== '').join(' ');
  return `::${head}::${escapedData(message)}\n`;
}

function escapedData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapedProperty(text: string): string {
  return escapedData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

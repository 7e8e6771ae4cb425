import type { CaptionRecord, ErrorRecord } from '../../domain/record.js';
import { checked } from './checked.js';
import { oneLine } from './lines.js';
import type { CheckResult, JudgedClaim } from './verdict.js';

/** The most that GitHub's Checks API takes, in characters. */
const TITLE_LENGTH = 255;

/**
 * A record as workflow commands of GitHub Actions: an error for each claim that fails and for a
 * picture that could not be judged, a warning for each unclear claim, and nothing for one that holds.
 */
export function annotations(record: CaptionRecord<CheckResult>): string {
  const { images, ...outcome } = checked(record);
  const [image, ...others] = images;
  // An annotation lies in one file of the repository; where there is none, the message names what it is about.
  const isFile = others.length === 0 && image !== '-' && !/^https?:/i.test(image ?? '');
  const file = isFile ? { file: image } : {};
  const head = isFile ? '' : `${images.join(', ')}: `;
  if (!outcome.ok) {
    const { kind, message } = outcome.error;
    return command('error', file, `${head}${kind}: ${message}`);
  }
  return outcome.result.verdicts.map((judged) => annotation(judged, file, head)).join('');
}

/** Says why pictures are missing in what was printed. */
export function endedEarly({ kind, message }: Pick<ErrorRecord, 'kind' | 'message'>): string {
  return command('error', {}, `the run ended early: ${kind}: ${message}`);
}

type Properties = Readonly<Record<string, string | undefined>>;

function annotation({ verdict, claim, evidence }: JudgedClaim, file: Properties, head: string) {
  if (verdict === 'holds') return '';
  const level = verdict === 'fails' ? 'error' : 'warning';
  const title = shortened(`${verdict}: ${oneLine(claim)}`);
  return command(level, { ...file, title }, `${head}${evidence}`);
}

/** By whole code points. */
function shortened(text: string): string {
  const chars = Array.from(text.slice(0, 2 * TITLE_LENGTH + 2));
  return chars.length > TITLE_LENGTH ? `${chars.slice(0, TITLE_LENGTH - 1).join('')}…` : text;
}

/**
 * One line, whatever is in it: with its line breaks escaped, a text of the model cannot begin a
 * command of its own. The escapes are those of GitHub's `@actions/core`.
 */
function command(level: 'error' | 'warning', properties: Properties, message: string): string {
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

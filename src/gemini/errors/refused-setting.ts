import type { ErrorFacts } from '../../domain/error.js';
import { ANY_MODEL_HINT } from '../thinking-levels.js';

/** What is said of a refused setting. */
type Refused = Required<Pick<ErrorFacts, 'kind' | 'message' | 'hint' | 'endsRun'>>;

/** Where settings lie in a request: all requests of a run have the same ones. */
const PLACE = /\b(?:generation_?config|safety_?settings|system_?instruction)\b/i;

const SCHEMA = /schema\b|\bresponse_?mime_?type/i;

const THINKING = /\bthinking/i;

/** Settings by their names in the API, with the option that sends them. */
const options = [
  [THINKING, '--thinking'],
  [/\bmedia[_ ]?resolution/i, '--media-resolution'],
  [/\bmax_?output_?tokens/i, '--max-output-tokens'],
  [/\btemperature\b/i, '--temperature'],
  [/\bseed\b/i, '--seed'],
  [/\bsafety_?settings/i, '--safety'],
  [/\bsystem_?instruction/i, '--system'],
] as const satisfies readonly (readonly [RegExp, string])[];

/**
 * Tells from the service's words for a 400 whether it is about a setting, and about which. A run
 * ends where it is sure that all its requests are refused for it.
 */
export function refusedSetting(words: string): Refused | undefined {
  const isPlaced = PLACE.test(words);
  // First, since what a schema describes may have any name.
  if (SCHEMA.test(words)) {
    const hint = 'A simpler schema may help, or another model; --dry-run shows the request.';
    return refused('the schema of the answer', hint, isPlaced);
  }
  // A service that does not know the field at all takes no level.
  if (THINKING.test(words) && !/\bunknown name\b/i.test(words)) {
    return refused('the thinking level', ANY_MODEL_HINT, true);
  }
  const option = options.find(([name]) => name.test(words))?.[1];
  if (option === undefined && !isPlaced) return undefined;
  const what = option ?? 'a setting';
  const hint = `Leave out ${what}, or use another model; --dry-run shows the request.`;
  return refused(what, hint, isPlaced);
}

function refused(what: string, hint: string, endsRun: boolean): Refused {
  return { kind: 'usage', message: `the service does not take ${what}`, hint, endsRun };
}

import { hash } from 'node:crypto';
import { type GeminiImageError, usageError } from '../../domain/error.js';
import { DEFAULT_MAX_EDGE } from '../../domain/picture.js';
import type { Task } from '../../engine/engine-task.js';
import { askedInWords } from '../../engine/fingerprint.js';
import { count } from '../../output/quantities.js';
import type { OpenJob, QuestionInWords } from './journal-entries.js';

/** The options of a question that are given; texts are shortened, and have their hash. */
export function questionInWords(task: Task): QuestionInWords {
  const { model, brief, settings = {}, votes = 1, load } = task;
  const { style, lang, prompt } = askedInWords(brief);
  const { system, ...others } = settings;
  const { maxEdge = DEFAULT_MAX_EDGE, keepMetadata, original, background } = load;
  const options: Readonly<Record<string, unknown>> = {
    model,
    prompt: `“${prompt}” (${short(brief.prompt)})`,
    style,
    lang,
    rules: brief.rules,
    schema: brief.schema && short(JSON.stringify(brief.schema)),
    system: system === undefined ? undefined : short(system),
    ...others,
    votes: votes > 1 ? votes : undefined,
    'max-edge': maxEdge === DEFAULT_MAX_EDGE ? undefined : maxEdge,
    'keep-metadata': keepMetadata || undefined,
    original: original || undefined,
    background,
    offline: task.isOffline || undefined,
  };
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, value]) =>
      value === undefined ? [] : [[dashed(name), String(value)]],
    ),
  );
}

function short(text: string): string {
  return hash('sha256', text).slice(0, 8);
}

/** `mediaResolution` is the flag `media-resolution`. */
function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * Refuses a question that differs from that of jobs on their way: their answers would be taken for
 * answers to another question, or would never be fetched.
 *
 * @param now the question of this run, its fingerprint, and who is asked.
 * @throws GeminiImageError of kind `usage` that names the options that differ.
 */
export function expectSameQuestion(
  ledger: string,
  jobs: readonly OpenJob[],
  now: { question: QuestionInWords; request: string; service: string },
): void {
  const others = jobs.filter(
    ({ request, service }) => request !== now.request || service !== now.service,
  );
  const [other] = others;
  if (other) throw differs(ledger, others.length, differences(other, now));
}

function differences(
  was: Pick<OpenJob, 'question' | 'service'>,
  is: { question: QuestionInWords; service: string },
): string[] {
  const names = new Set([...Object.keys(was.question), ...Object.keys(is.question)]);
  const told = [...names].flatMap((name) => {
    const [before, now] = [was.question[name], is.question[name]];
    return before === now
      ? []
      : [`${name}: was ${before ?? 'not given'}, is ${now ?? 'not given'}`];
  });
  if (was.service !== is.service) told.push(`base URL: was ${was.service}, is ${is.service}`);
  return told.length > 0 ? told : ['it was made by another version of gemini-image'];
}

function differs(ledger: string, jobs: number, what: readonly string[]): GeminiImageError {
  const are = jobs === 1 ? '1 job is' : `${count(jobs)} jobs are`;
  return usageError(
    `${are} on the way for ${ledger} with another question: ${what.join('; ')}`,
    `Collect them first, with the options that they were made with; or end them: gemini-image batch cancel ${ledger}; or name another file with -o.`,
  );
}

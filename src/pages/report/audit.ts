import type { Tally } from '../../run/context.js';
import type { AltResult, Answered } from '../alt-run.js';
import { factsOf, placed } from '../check-run.js';
import { placesIn } from '../page.js';
import { statusOf } from '../status.js';
import { type Finding, type ReportFormat, sentenceFor } from './finding.js';

/**
 * Prints what an audit found: each text of which a claim fails or is unclear, and what is missing.
 *
 * @returns how many images have a text that is wrong, and how many could not be judged.
 */
export async function reportAudit(
  { pages, answered, statuses, tally }: AltResult,
  report: ReportFormat,
  print: (text: string) => Promise<void>,
): Promise<NonNullable<Tally['claims']>> {
  const byImage = new Map(answered.map((one) => [one.use.image, one]));
  const claims = { fail: 0, unclear: 0 };
  for (const page of pages) {
    let placeOf: ReturnType<typeof placesIn> | undefined;
    const findings = page.images.flatMap((image): Finding[] => {
      const judged = byImage.get(image);
      const isMissing = statuses.has('missing') && statusOf(image) === 'missing';
      const verdict = isMissing ? missing(image) : judged && verdictOf(judged);
      if (!verdict) return [];
      placeOf ??= placesIn(page.text);
      claims[verdict.rule === 'unclear' ? 'unclear' : 'fail'] += 1;
      return [{ ...placed(page, image, placeOf), ...factsOf(image), ...verdict }];
    });
    const text = report.page({ file: page.file.name, images: page.images.length, findings });
    if (text !== '') await print(text);
  }
  const { ended } = tally;
  const why = ended === undefined ? undefined : { kind: ended, message: 'not all were judged' };
  const end = report.end(why);
  if (end !== '') await print(end);
  return claims;
}

type Verdict = Pick<Finding, 'rule' | 'isError' | 'message' | 'better'>;

function missing(image: Parameters<typeof factsOf>[0]): Verdict {
  return { rule: 'missing', isError: true, message: sentenceFor('missing', factsOf(image)) };
}

function verdictOf({ use, answer, verdicts = [] }: Answered): Verdict | undefined {
  const rule = (['fails', 'unclear'] as const).find((one) =>
    verdicts.some(({ verdict }) => verdict === one),
  );
  if (!rule) return undefined;
  const { form, image = '', alt = '' } = factsOf(use.image);
  const evidence = verdicts.filter(({ verdict }) => verdict === rule).map((one) => one.evidence);
  const message = `${form} ${image} ${JSON.stringify(alt)}: ${[...new Set(evidence)].join(' ')}`;
  const better = answer.decorative ? '""' : JSON.stringify(answer.alt);
  return { rule, isError: rule === 'fails', message, ...(rule === 'fails' && { better }) };
}

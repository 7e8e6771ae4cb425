import type { ErrorKind } from '../domain/error.js';
import type {
  DryRunSummary,
  FilesBefore,
  LeftOut,
  NotAskedAbout,
  RunSummary,
  WriteSummary,
} from '../domain/run-summary.js';
import { aboutDollars, count, duration, perMinute } from '../output/quantities.js';

/** The few lines at the end of a run over several pictures. */
export function runSummary(run: RunSummary): string[] {
  return [
    pictures(run),
    foldersPassedOver(run.leftOut),
    time(run),
    tokens(run),
    matching(run),
    results(run),
    failedList(run),
  ].filter((line) => line !== '');
}

/** The lines at the end of a dry run over files that were not named one by one; often none. */
export function dryRunSummary({ done, produced, failed, ...folders }: DryRunSummary): string[] {
  const others = notAskedAbout(folders);
  const counts = [`${produced} ${done}`, failed > 0 && `${failed} failed`];
  const told = [...counts.filter((part) => part !== false), ...others].join(', ');
  return [others.length > 0 ? told : '', foldersPassedOver(folders.leftOut)].filter(
    (line) => line !== '',
  );
}

/** What came of writing answers into metadata, in one line. */
export function writeSummary(run: WriteSummary): string {
  const { written, embedded, asBefore, keptBefore, keptSince, failed, unanswered, notOfOneFile } =
    run;
  const fields = (number: number) => (number === 1 ? '1 field' : `${count(number)} fields`);
  const done = run.undo ? 'put back as they were' : 'written';
  const would = run.undo ? 'would be put back' : 'would be written';
  const verb = run.dryRun ? would : done;
  const places = run.undo ? '' : intoPlaces(run);
  const parts = [
    `${count(embedded > 0 && !run.undo ? embedded : written)} ${verb}${places}`,
    asBefore > 0 && `${count(asBefore)} as before`,
    failed > 0 && `${count(failed)} failed`,
    unanswered > 0 && `${count(unanswered)} without an answer`,
    notOfOneFile > 0 && `${count(notOfOneFile)} about pages, several pictures or no file`,
    keptBefore > 0 &&
      `${fields(keptBefore)} left as ${keptBefore === 1 ? 'it was' : 'they were'} before (--merge)`,
    keptSince > 0 &&
      `${fields(keptSince)} left as somebody has changed ${keptSince === 1 ? 'it' : 'them'} since (--force)`,
  ];
  return parts.filter((part) => part !== false).join(', ');
}

/** Where answers were written, behind the number of the first place. */
function intoPlaces({ written, embedded, made, isBeside }: WriteSummary): string {
  const beside = written - embedded;
  const news = made > 0 ? ` (${count(made)} new)` : '';
  const sidecars = `into XMP sidecars${news}`;
  if (embedded === 0) return beside > 0 || isBeside ? ` ${sidecars}` : '';
  return ` into the pictures${beside > 0 ? `, ${count(beside)} ${sidecars}` : ''}`;
}

/** How many pictures were done, skipped and so on. */
function pictures({
  described,
  done: word,
  comesTo,
  cached,
  equal,
  atStandard = 0,
  skipped,
  copied,
  onTheirWay = 0,
  twins = 0,
  unfailed = 0,
  filesBefore,
  outputFile,
  failures,
  passedOver,
  leftOut,
  together,
  shard,
}: RunSummary): string {
  const done = `${count(described)} ${together ? 'answered' : word}`;
  const isEmptyShare = shard && skipped + unfailed + filesBefore.count + failures.length === 0;
  const parts = [
    (described > 0 || (isEmptyShare && onTheirWay === 0)) && done,
    cached > 0 && fromCache(cached, described),
    equal > 0 && `${count(equal)} of them equal to another`,
    atStandard > 0 && `${count(atStandard)} of them at the standard price instead of flex`,
    skipped > 0 && `${count(skipped)} done before${knownAnew(skipped, copied)}`,
    onTheirWay > 0 && `${count(onTheirWay)} on the way in batch jobs`,
    twins > 0 && `${count(twins)} equal to one of those`,
    unfailed > 0 && `${count(unfailed)} left alone that did not fail`,
    filesBefore.count > 0 && thereBefore(filesBefore, outputFile),
    failures.length > 0 && `${count(failures.length)} failed (${reasons(failures)})`,
    ...notAskedAbout({ passedOver, leftOut }),
  ].filter((part) => part !== false && part !== undefined);
  const share = shard ? `shard ${shard.number} of ${shard.count}: ` : '';
  const told = share + (parts.join(', ') || done);
  return comesTo === undefined ? told : `${told}: ${comesTo}`;
}

/** What was seen in folders but not asked about. */
function notAskedAbout({
  passedOver,
  leftOut: { raws, links = 0, excluded, inOtherShards = 0, incompleteGroups = 0, pdfs },
}: NotAskedAbout): string[] {
  const all = passedOver.reduce((sum, kind) => sum + kind.count, 0);
  const kinds = passedOver
    .toSorted((one, other) => other.count - one.count)
    .map(({ one, many, count: times }) => `${count(times)} ${times === 1 ? one : many}`);
  const parts = [
    all > 0 &&
      `${count(all)} passed over that ${all === 1 ? 'is no picture' : 'are no pictures'} (${kinds.join(', ')})`,
    pdfs !== undefined && pdfs.count > 0 && pdfsPassedOver(pdfs),
    raws > 0 &&
      `${count(raws)} raw ${raws === 1 ? 'file' : 'files'} passed over beside a JPEG or HEIC (--raw takes them too)`,
    links > 0 &&
      `${count(links)} ${links === 1 ? 'link that leads' : 'links that lead'} out of the folder passed over (--follow follows them)`,
    excluded > 0 && `${count(excluded)} left out by --exclude`,
    incompleteGroups > 0 &&
      `${count(incompleteGroups)} ${incompleteGroups === 1 ? 'group lacks' : 'groups lack'} a picture of the pattern`,
    inOtherShards > 0 && `${count(inOtherShards)} in other shards`,
  ];
  return parts.filter((part) => part !== false);
}

function pdfsPassedOver({ count: files, names }: FilesBefore): string {
  const what = files === 1 ? '1 PDF document' : `${count(files)} PDF documents`;
  const others = files > names.length ? ` and ${count(files - names.length)} more` : '';
  return `${what} passed over: ${names.join(', ')}${others} (--pdf takes them too)`;
}

/** Which system and program folders were skipped; empty if there were none. */
function foldersPassedOver({ folders }: LeftOut): string {
  if (folders.size === 0) return '';
  const names = [...folders].map(([name, times]) => `${count(times)} ${name}`);
  return `folders passed over: ${names.join(', ')} (--include-all looks into them)`;
}

/**
 * Files that were there before and are left as they are; a few are named.
 *
 * @param outputFile the file of results, which has no answers for their pictures.
 */
export function thereBefore(
  { count: files, names }: FilesBefore,
  outputFile: string | undefined,
): string {
  const were = files === 1 ? '1 file was' : `${count(files)} files were`;
  const kept = `${were} there before and ${files === 1 ? 'was' : 'were'} kept`;
  const notIn = outputFile === undefined ? '' : ` and not in ${outputFile}`;
  const others = files > names.length ? ` and ${count(files - names.length)} more` : '';
  return `${kept}, not compared with the question${notIn}: ${names.join(', ')}${others}`;
}

function fromCache(cached: number, described: number): string {
  if (cached < described) return `${count(cached)} of them from the cache`;
  return described === 1 ? 'from the cache' : 'all from the cache';
}

function knownAnew(skipped: number, copied: number): string {
  if (copied === 0) return '';
  const which = copied === skipped ? '' : `${count(copied)} of them `;
  return ` (${which}under another name or with other metadata)`;
}

/** The kinds of errors (docs/exit-codes.md), the most frequent first. */
function reasons(failures: readonly ErrorKind[]): string {
  const counts = new Map<ErrorKind, number>();
  for (const kind of failures) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  if (counts.size === 1) return [...counts.keys()].join('');
  const byCount = [...counts].sort(([, one], [, other]) => other - one);
  return byCount.map(([kind, times]) => `${count(times)} ${kind}`).join(', ');
}

function time({ described, failures, elapsedMs, together }: RunSummary): string {
  const worked = described + failures.length;
  const took = `took ${duration(elapsedMs)}`;
  // In less than a second, no meaningful rate can be measured.
  if (together || worked === 0 || elapsedMs < 1000) return took;
  return `${took}, ${perMinute(worked, elapsedMs)} a minute`;
}

function tokens({ usage, costUsd = 0, pricesAsOf, isReal }: RunSummary): string {
  const { inputTokens, outputTokens, thoughtTokens } = usage;
  if (inputTokens + outputTokens + thoughtTokens + costUsd === 0) return '';
  const parts = [
    `${count(inputTokens)} tokens in`,
    `${count(outputTokens)} out`,
    thoughtTokens > 0 && `${count(thoughtTokens)} for thinking`,
    costUsd > 0 &&
      `${isReal ? '' : 'worth '}${aboutDollars(costUsd)}${pricesAsOf ? ` at the prices of ${pricesAsOf}` : ''}`,
  ];
  return parts.filter((part) => part !== false).join(', ');
}

/** What of it the second step took, in which words are matched with a vocabulary. */
function matching({ matching: bill, isReal }: RunSummary): string {
  const { usage, costUsd = 0 } = bill ?? {};
  if (!usage) return '';
  const worth = costUsd > 0 ? `, ${isReal ? '' : 'worth '}${aboutDollars(costUsd)}` : '';
  const { inputTokens, outputTokens, thoughtTokens } = usage;
  const out = count(outputTokens + thoughtTokens);
  return `of that for matching the vocabulary: ${count(inputTokens)} tokens in, ${out} out${worth}`;
}

function results({ outputs, outputFile, onlyBeside }: RunSummary): string {
  if (outputs.length === 0) return '';
  const told = `the results are in ${outputs.join(' and ')}`;
  if (outputFile === undefined || !onlyBeside || onlyBeside.count === 0) return told;
  const { count: files, names } = onlyBeside;
  const others = files > names.length ? ` and ${count(files - names.length)} more` : '';
  return `${told}; not in ${outputFile} but only beside the pictures: ${names.join(', ')}${others}`;
}

function failedList({ failures, failedList }: RunSummary): string {
  if (failures.length === 0 || failedList === undefined) return '';
  return `what failed is listed in ${failedList}, ready for --files-from`;
}

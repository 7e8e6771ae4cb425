import type { Splice } from '../page-image.js';

/** How many unchanged lines stand around a change. */
const AROUND = 3;

/** A change of whole lines: `count` lines from `first` (from 0) become others. */
interface LineChange {
  first: number;
  count: number;
  lines: readonly string[];
}

/**
 * A unified diff that `git apply` takes. Nothing is compared: what changes is known.
 *
 * @param path with slashes, relative to the working folder.
 * @param before with its byte order mark, if it has one.
 */
export function unifiedDiff(path: string, before: string, splices: readonly Splice[]): string {
  const old = linesOf(before);
  const changes = lineChanges(before, old, splices);
  if (changes.length === 0) return '';
  const [from, to] = [quotedPath(`a/${path}`), quotedPath(`b/${path}`)];
  const head = `diff --git ${from} ${to}\n--- ${from}\n+++ ${to}\n`;
  let shift = 0;
  const hunks = grouped(changes).map((group) => {
    const text = hunk(group, old, shift);
    for (const { count, lines } of group) shift += lines.length - count;
    return text;
  });
  return head + hunks.join('');
}

/** Lines with their ends, as git sees them: only a line feed ends one. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function lineChanges(text: string, lines: readonly string[], splices: readonly Splice[]) {
  const starts: number[] = [];
  let at = 0;
  for (const line of lines) {
    starts.push(at);
    at += line.length;
  }
  const lineAt = (offset: number) => {
    const next = starts.findIndex((start) => start > offset);
    return next === -1 ? Math.max(starts.length - 1, 0) : next - 1;
  };
  const ordered = [...splices].sort((a, b) => a.start - b.start);
  const changes: LineChange[] = [];
  for (let index = 0; index < ordered.length; ) {
    const [one] = ordered.slice(index, index + 1);
    if (!one) break;
    const first = lineAt(one.start);
    let last = lineAt(Math.max(one.start, one.end));
    const own: Splice[] = [];
    // Changes of one line, and of lines that a change joins, are one.
    for (; index < ordered.length; index += 1) {
      const next = ordered[index];
      if (!next || (own.length > 0 && lineAt(next.start) > last)) break;
      own.push(next);
      last = Math.max(last, lineAt(Math.max(next.start, next.end)));
    }
    const start = starts[first] ?? 0;
    const end = starts[last + 1] ?? text.length;
    const changed = changedPart(text, start, end, own);
    const part = text.slice(start, end);
    if (changed !== part) changes.push({ first, count: last - first + 1, lines: linesOf(changed) });
  }
  return changes;
}

function changedPart(text: string, start: number, end: number, splices: readonly Splice[]): string {
  let result = '';
  let at = start;
  for (const one of splices) {
    result += text.slice(at, one.start) + one.text;
    at = one.end;
  }
  return result + text.slice(at, end);
}

/** Changes whose surroundings touch stand in one hunk. */
function grouped(changes: readonly LineChange[]): LineChange[][] {
  const groups: LineChange[][] = [];
  for (const change of changes) {
    const last = groups.at(-1)?.at(-1);
    if (last && change.first - (last.first + last.count) <= 2 * AROUND) {
      groups.at(-1)?.push(change);
    } else groups.push([change]);
  }
  return groups;
}

function hunk(group: readonly LineChange[], old: readonly string[], shift: number): string {
  const [opening] = group;
  const closing = group.at(-1);
  if (!opening || !closing) return '';
  const from = Math.max(0, opening.first - AROUND);
  const to = Math.min(old.length, closing.first + closing.count + AROUND);
  let body = '';
  let at = from;
  let added = 0;
  for (const { first, count, lines } of group) {
    body += old
      .slice(at, first)
      .map((line) => written(' ', line))
      .join('');
    body += old
      .slice(first, first + count)
      .map((line) => written('-', line))
      .join('');
    body += lines.map((line) => written('+', line)).join('');
    added += lines.length - count;
    at = first + count;
  }
  body += old
    .slice(at, to)
    .map((line) => written(' ', line))
    .join('');
  const length = to - from;
  return `@@ -${range(from, length)} +${range(from + shift, length + added)} @@\n${body}`;
}

function range(from: number, length: number): string {
  return length === 1 ? `${from + 1}` : `${length === 0 ? from : from + 1},${length}`;
}

function written(mark: string, line: string): string {
  return line.endsWith('\n') ? mark + line : `${mark}${line}\n\\ No newline at end of file\n`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
};

/** A path as git writes it: in quotes, with octal bytes, where it is not plain. */
function quotedPath(path: string): string {
  if (!/["\\\p{Cc}]/u.test(path)) return path;
  const escaped = path.replace(
    /["\\\p{Cc}]/gu,
    (mark) => ESCAPES[mark] ?? `\\${mark.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
  return `"${escaped}"`;
}

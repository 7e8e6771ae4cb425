// What the action does between its steps: which files are meant, which command fits, and what becomes of its
// output. It takes its settings from the environment, as action.yml gives them, and the event from the
// runner. It needs no packages.
import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const PAGES = /\.(?:html?|md|markdown|mdx|astro|vue|svelte|jsx|tsx)$/i;
const PICTURES = /\.(?:jpe?g|png|webp|gif|avif|heic|heif|tiff?|bmp|svg)$/i;
/** Systems take no longer command lines; what is more is done in parts. */
const MOST_CHARACTERS = 100_000;

/** A mistake of the workflow, told in one line. */
class Misuse extends Error {}

/**
 * The words of a command, with double or single quotes around those that hold blanks.
 *
 * @param {string} text
 * @returns {string[]}
 */
export function wordsOf(text) {
  const words = [];
  const one = /\s*((?:[^\s"']+|"(?:[^"\\]|\\.)*"|'[^']*')+)/gy;
  const trimmed = text.trim();
  let at = 0;
  for (const [whole, word] of trimmed.matchAll(one)) {
    at += whole.length;
    words.push(
      word.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, double, single) =>
        double === undefined ? single : double.replace(/\\(["\\])/g, '$1'),
      ),
    );
  }
  if (at < trimmed.length) throw new Misuse(`a quote is not closed in: ${text.trim()}`);
  return words;
}

/**
 * What the event is about.
 *
 * @param {string} name such as `pull_request`.
 * @param {any} event its payload.
 */
export function aboutEvent(name, event) {
  if (name.startsWith('pull_request')) {
    const { base, head } = event.pull_request;
    // The base of the merge commit that is checked out; the pull request's own base may be older.
    return { base: base.sha, isFork: head.repo?.full_name !== base.repo.full_name };
  }
  const before = name === 'push' ? event.before : undefined;
  return { base: /^0*$/.test(before ?? '') ? undefined : before, isFork: false };
}

/**
 * The command that can be run: without a key, texts cannot be made or judged.
 *
 * @param {string[]} words
 * @param {{ hasKey: boolean, isFork: boolean }} facts
 * @returns {{ words: string[], notice?: string } | { notice: string }}
 */
export function fittingCommand(words, { hasKey, isFork }) {
  const [command] = words;
  if (command !== 'alt' && command !== 'check') {
    throw new Misuse(`the command begins with alt or check, and not with ${command ?? 'nothing'}`);
  }
  const needsKey = !words.includes('--check') && !words.includes('--offline');
  if (hasKey || !needsKey) return { words };
  if (!isFork) {
    throw new Misuse(`${command} needs a key: set "key" to a secret that holds one`);
  }
  const why = 'Pull requests of forks are given no secrets';
  return command === 'alt'
    ? {
        words: ['alt', '--check'],
        notice: `${why}, so alternative texts are looked for, not asked about.`,
      }
    : { notice: `${why}, so nothing is checked.` };
}

/** The files that the command is about, out of those that were changed. */
export function filesFor(command, changed, folder) {
  const ending = command === 'alt' ? PAGES : PICTURES;
  const below = folder === '.' ? '' : `${folder.replace(/\/+$/, '')}/`;
  return changed.filter((path) => path.startsWith(below) && ending.test(path));
}

/** Runs a program to its end. @returns its exit code and its stdout, unless that goes to a file. */
function run(program, args, { to } = {}) {
  const file = to === undefined ? undefined : openSync(to, 'a');
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      // Never by a shell: names of files come from whoever made the pull request.
      stdio: ['ignore', file ?? 'pipe', 'inherit'],
    });
    const output = [];
    child.stdout?.on('data', (chunk) => output.push(chunk));
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ code: code ?? 1, stdout: Buffer.concat(output).toString() }),
    );
  }).finally(() => {
    if (file !== undefined) closeSync(file);
  });
}

async function changedFiles(base) {
  // A checkout has one commit only: the base has to be had first.
  const known = await run('git', ['cat-file', '-e', `${base}^{commit}`]);
  if (known.code !== 0) {
    const { code } = await run('git', ['fetch', '--no-tags', '--depth=1', 'origin', base]);
    if (code !== 0)
      throw new Misuse(`the commit ${base} cannot be fetched, so changes are not known`);
  }
  const args = ['diff', '--name-only', '-z', '--diff-filter=d', base, 'HEAD'];
  const { code, stdout } = await run('git', args);
  if (code !== 0) throw new Misuse(`git diff ${base} HEAD failed, so changes are not known`);
  return stdout.split('\0').filter((path) => path !== '' && existsSync(path));
}

/** Splits the files so that each part fits on a command line. */
export function inParts(files, most = MOST_CHARACTERS) {
  const parts = [];
  let length = 0;
  for (const file of files) {
    length += file.length + 1;
    if (parts.length === 0 || length > most) {
      parts.push([]);
      length = file.length + 1;
    }
    parts.at(-1).push(file);
  }
  return parts;
}

/** Of several exit codes, the one that says most: an error of use, of the key, of the service, a finding. */
export function worst(codes) {
  const order = [2, 4, 5, 6, 70, 130, 7, 3, 1, 0];
  const known = order.find((code) => codes.includes(code));
  return codes.find((code) => !order.includes(code)) ?? known ?? 0;
}

const escaped = (text) =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const annotate = (level, text) => console.log(`::${level} title=gemini-image::${escaped(text)}`);

async function main(env) {
  const output = (name, value) => appendFileSync(env.GITHUB_OUTPUT, `${name}=${value}\n`);
  const summarize = (text) =>
    env.GITHUB_STEP_SUMMARY && appendFileSync(env.GITHUB_STEP_SUMMARY, text);
  const event = JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, 'utf8'));
  const { base, isFork } = aboutEvent(env.GITHUB_EVENT_NAME, event);
  const fitting = fittingCommand(wordsOf(env.INPUT_COMMAND ?? ''), {
    hasKey: (env.GEMINI_API_KEY ?? '') !== '',
    isFork,
  });
  if (fitting.notice) annotate('notice', fitting.notice);
  if (!fitting.words) return output('exit-code', 0);
  const { words } = fitting;
  const [command] = words;
  const folder = env.INPUT_FOLDER || '.';
  if (!['changed', 'all'].includes(env.INPUT_FILES)) {
    throw new Misuse(`files is changed or all, and not ${env.INPUT_FILES}`);
  }
  if (env.INPUT_FILES === 'changed' && base === undefined) {
    annotate('notice', 'There is nothing to compare with, so all files are looked at.');
  }
  const isChanged = env.INPUT_FILES === 'changed' && base !== undefined;
  const files = isChanged ? filesFor(command, await changedFiles(base), folder) : [folder];
  if (files.length === 0) {
    annotate('notice', `No ${command === 'alt' ? 'page' : 'picture'} is changed.`);
    return output('exit-code', 0);
  }
  const geminiImage = (args, options) =>
    run(process.execPath, [env.GEMINI_IMAGE_BIN, ...args], options);
  const codes = [];
  const results = env.RUNNER_TEMP;
  const sarif = join(results, 'gemini-image.sarif');
  const patch = join(results, 'gemini-image.patch');
  const isAuditing = command === 'alt' && words.includes('--audit');
  const isSuggesting = command === 'alt' && !words.includes('--check') && !isAuditing;
  const parts = inParts(isChanged ? files : [folder]);
  const recursive = command === 'check' && !isChanged ? ['-r'] : [];
  for (const part of parts) {
    const names = [...recursive, '--', ...part];
    // What is found is annotated; a text that is suggested is a finding as well.
    const judged = isSuggesting ? ['alt', '--check', ...optionsForCheck(words)] : words;
    const found = await geminiImage([...judged, '-f', 'github', ...names]);
    process.stdout.write(found.stdout);
    codes.push(found.code);
    if (env.INPUT_SARIF === 'true' && command === 'alt' && parts.length === 1) {
      await geminiImage([...judged, '-f', 'sarif', ...names], { to: sarif });
    }
    if (isSuggesting) {
      const { code } = await geminiImage([...words, ...names], { to: patch });
      codes.push(code);
    }
    // The fixes of an audit stand behind its list. The answers are in the cache, so nobody is asked twice.
    if (isAuditing) {
      const { stdout } = await geminiImage([...words, ...names]);
      appendFileSync(patch, diffIn(stdout));
    }
  }
  if (existsSync(sarif) && statSync(sarif).size > 0) output('sarif', sarif);
  if (existsSync(patch) && statSync(patch).size > 0) {
    output('patch', patch);
    summarize(`### Suggested alternative texts\n\n${fenced(readFileSync(patch, 'utf8'))}\n`);
  }
  output('exit-code', worst(codes));
}

/** The changes in what an audit prints: from the first head of a diff on. */
export function diffIn(text) {
  const [head] = text.matchAll(/^diff --git .*\n(?:[a-z].*\n)*--- .*\n\+\+\+ /gm);
  return head ? text.slice(head.index) : '';
}

/** The options of a suggestion that mean something for a check too. */
export function optionsForCheck(words) {
  const withValue = ['--exclude', '--ignore-file', '--root', '--only'];
  const without = ['--wiki', '--front-matter', '--include-all', '--empty'];
  return words.flatMap((word, at) => {
    if (without.includes(word)) return [word];
    if (withValue.some((name) => word.startsWith(`${name}=`))) return [word];
    return withValue.includes(word) ? [word, words[at + 1] ?? ''] : [];
  });
}

/** GitHub takes a summary of up to 1 MiB. */
const MOST_IN_SUMMARY = 500_000;

/** A text as a block of code, whatever fences it holds. */
export function fenced(text) {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  const shown = text.length <= MOST_IN_SUMMARY ? text : `${text.slice(0, MOST_IN_SUMMARY)}\n…`;
  return `${fence}diff\n${shown}\n${fence}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await main(process.env);
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    annotate('error', error.message);
    process.exitCode = 2;
  }
}

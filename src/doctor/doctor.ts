// Whether a run would succeed here, and what to do if not: one line for each thing that may be wrong.
import type { ErrorKind } from '../domain/error.js';
import { safeLine } from '../output/safe-text.js';
import { wrapped } from '../output/wrapped.js';
import type { CommandContext, ServiceChoice, SettingsFileReport, Tally } from '../run/context.js';
import type { Finding } from './finding.js';
import { lookAtMachine } from './machine.js';
import { lookAtService } from './service.js';

export interface DoctorOptions extends ServiceChoice {
  format: 'text' | 'json';
  /** Whether nothing may be asked of the service. */
  offline: boolean;
}

/** Looks at everything and prints it. The exit code is that of a run that would fail. */
export async function examine(
  { format, offline, ...choice }: DoctorOptions,
  context: CommandContext,
): Promise<Tally> {
  const modelOfFile = modelIn(await context.surroundings.settingsFiles());
  const settings = await context.settings({ ...choice, modelOfFile });
  const findings = [
    ...(await lookAtMachine(settings, context.surroundings)),
    ...(await lookAtService(settings, offline, context)),
  ];
  const { stdout } = context;
  await stdout.write(format === 'json' ? jsonOf(findings) : textOf(findings, stdout.columns));
  const kind = worstOf(findings);
  return { produced: 1, failures: [], ...(kind && { ended: kind }) };
}

/** The model that files of settings have for `describe`, which is asked most. */
function modelIn(files: readonly SettingsFileReport[]): ServiceChoice['modelOfFile'] {
  for (const { whose, entries } of files) {
    for (const wanted of ['defaults describe', 'defaults *']) {
      const entry = entries.find(({ part, setting }) => part === wanted && setting === 'model');
      if (entry) return { name: String(entry.value), origin: { whose, at: entry.at } };
    }
  }
  return undefined;
}

/** Without a right key nothing else matters, and without a connection no model. */
const WORST: readonly ErrorKind[] = ['auth', 'quota', 'service', 'usage'];

function worstOf(findings: readonly Finding[]): ErrorKind | undefined {
  const kinds = findings.flatMap(({ state, kind }) => (state === 'wrong' && kind ? [kind] : []));
  return WORST.find((kind) => kinds.includes(kind)) ?? kinds[0];
}

const SIGNS = { right: '✓', warning: '!', wrong: '✗' } as const satisfies Record<
  Finding['state'],
  string
>;

/** @param columns of the terminal; without one, each text stays on its line for other programs. */
function textOf(findings: readonly Finding[], columns: number | undefined): string {
  const width = Math.max(...findings.map(({ what }) => what.length));
  const room = columns ? Math.max(columns - width - 4, LEAST_ROOM) : Number.POSITIVE_INFINITY;
  return findings
    .flatMap(({ what, state, found, todo }) => {
      const [first = '', ...rest] = [found, todo ?? '']
        .filter((text) => text !== '')
        .flatMap((text) => wrapped(safeLine(text), room));
      return [
        `${SIGNS[state]} ${what.padEnd(width)}  ${first}`,
        ...rest.map((line) => `${' '.repeat(width + 4)}${line}`),
      ];
    })
    .map((line) => `${line}\n`)
    .join('');
}

/** On a narrower terminal, a column of texts would be no more than a word wide. */
const LEAST_ROOM = 20;

function jsonOf(findings: readonly Finding[]): string {
  const ok = findings.every(({ state }) => state !== 'wrong');
  const checks = findings.map(({ what, state, found, todo, kind }) => ({
    check: what,
    state: { right: 'ok', warning: 'warning', wrong: 'failed' }[state],
    found,
    todo: todo ?? null,
    ...(kind && { kind }),
  }));
  return `${JSON.stringify({ ok, checks }, null, 2)}\n`;
}

// From files of settings to the flags of a command. The command line is strongest, then the presets that it
// names (the later one first), then the defaults of the project's file, then those of the user's own.
import { type Command, InvalidArgumentError, type Option } from 'commander';
import { COMMANDS_WITH_SETTINGS, flagOfSetting, SETTABLE } from '../../commands/flags/settable.js';
import { type GeminiImageError, usageError } from '../../domain/error.js';
import { nearest } from '../../domain/nearest.js';
import type { SettingOrigin } from '../../run/context.js';
import { pointerTo } from '../../schema/schema-places.js';
import type { SettingsSet } from './check-file.js';
import { FILE_NAME, type FoundFile } from './find-files.js';
import { givesWay, isNeeded } from './give-way.js';
import { withFilesOf } from './named-files.js';
import { at, readSettingsFile, type SettingsFile, shownPath } from './read-file.js';

export interface AddedSettings {
  /** Where each flag stands that comes from a file, by its name. */
  origins: ReadonlyMap<string, SettingOrigin>;
  /** The texts among them, by which an error may call them. */
  texts: ReadonlyMap<string, string>;
  /** A model that a file has for want of a stronger place: the environment is stronger. */
  model: { name: string; origin: SettingOrigin } | undefined;
  /** Files that do not hold, and why. */
  ignored: readonly { path: string; why: string }[];
}

/** The files that were found. */
interface Held extends Pick<AddedSettings, 'ignored'> {
  files: readonly SettingsFile[];
  /** Where the user's own is or would be. */
  own: string | undefined;
}

/** Flags from one part of a file. */
interface Layer {
  file: SettingsFile;
  set: SettingsSet;
  pointer: string;
  preset?: string;
}

/**
 * @param own where the user's own file is or would be.
 * @throws GeminiImageError of kind `usage`.
 */
export async function addSettings(
  command: Command,
  found: readonly FoundFile[],
  own: string | undefined,
): Promise<AddedSettings> {
  const files: SettingsFile[] = [];
  const ignored: { path: string; why: string }[] = [];
  for (const one of found) {
    const file = await readSettingsFile(one, own);
    if ('ignored' in file) ignored.push({ path: one.path, why: file.ignored });
    else files.push(file);
  }
  const adding = new Adding(command);
  const presets = namedPresets(command, { files, ignored, own });
  for (const layer of [...presets, ...defaultsFor(command, files)]) {
    await adding.add(layer);
  }
  await adding.dropUnneeded();
  const { origins, texts, model } = adding;
  return { origins, texts, model, ignored };
}

function defaultsFor(command: Command, files: readonly SettingsFile[]): Layer[] {
  return files.flatMap((file) =>
    [command.name(), '*'].flatMap((part) => {
      const set = file.defaults[part];
      return set ? [{ file, set, pointer: pointerTo('/defaults', part) }] : [];
    }),
  );
}

/** The presets that the command line names, the last one first. */
function namedPresets(command: Command, held: Held): Layer[] {
  const { preset, config } = command.opts();
  if (preset === undefined) return [];
  if (config === false) {
    throw usageError(
      '--preset names a part of gemini-image.json, and --no-config reads none',
      'Leave out one of them.',
    );
  }
  const names = [preset].flat().flatMap((word) => String(word).split(','));
  return names.map((name) => presetNamed(name.trim(), held)).reverse();
}

function presetNamed(name: string, held: Held): Layer {
  const layers = held.files.flatMap((file): Layer[] => {
    const set = Object.hasOwn(file.presets, name) ? file.presets[name] : undefined;
    return set ? [{ file, set, pointer: pointerTo('/presets', name), preset: name }] : [];
  });
  const [layer, other] = layers;
  if (layer && other) {
    throw usageError(
      `there are two presets named ${name}: ${placeOf(layer)} and ${placeOf(other)}`,
      'Rename yours: which of them is meant cannot be told.',
    );
  }
  return layer ?? noPreset(name, held);
}

function placeOf({ file, pointer }: Layer): string {
  return at(file.shown, file.places.name(pointer));
}

function noPreset(name: string, { files, ignored, own }: Held): never {
  const names = files.flatMap(({ presets }) => Object.keys(presets));
  const near = nearest(name, names);
  const guess = near === undefined ? '' : `; did you mean ${near}?`;
  const shown = files.map((file) => file.shown).join(' and ');
  const [passedOver] = ignored;
  if (passedOver && files.length === 0) {
    throw usageError(
      `there is no preset ${JSON.stringify(name)}`,
      `${shownPath(passedOver.path)} is ignored: ${passedOver.why}.`,
    );
  }
  throw usageError(
    `there is no preset ${JSON.stringify(name)}${guess}`,
    files.length === 0
      ? `No ${FILE_NAME} holds here: it is looked for in this folder, above it up to the root of its repository, and at ${own ?? 'no place of your own, since no home folder is known'}.`
      : names.length === 0
        ? `${shown} has no presets.`
        : `${shown} has ${names.join(', ')}.`,
  );
}

class Adding {
  readonly origins = new Map<string, SettingOrigin>();
  readonly texts = new Map<string, string>();
  model: AddedSettings['model'];
  readonly #command: Command;

  constructor(command: Command) {
    this.#command = command;
  }

  /** Adds what no stronger layer has set, and what none excludes. */
  async add(layer: Layer): Promise<void> {
    const stronger = { ...this.#command.opts() };
    for (const [name, value] of Object.entries(layer.set)) {
      const option = this.#optionNamed(name);
      if (!option) {
        // A default for every command holds for those that have it.
        if (layer.preset !== undefined) throw this.#noFlag(name, layer);
        continue;
      }
      if (givesWay(name, stronger)) continue;
      const origin = originOf(name, layer);
      const parsed = await flagValue(option, value, layer, origin);
      if (name === 'model' && layer.preset === undefined) {
        if (!this.#isSet(name)) this.model ??= { name: String(parsed), origin };
      } else if (!this.#isSet(name)) this.#set(name, parsed, origin);
      else this.#combine(name, parsed, origin);
    }
  }

  /** Takes back what means nothing beside the other flags; what depends on it, too. */
  async dropUnneeded(): Promise<void> {
    for (let before = -1; before !== this.origins.size; ) {
      before = this.origins.size;
      for (const name of [...this.origins.keys()]) {
        if (await isNeeded(name, this.#command.opts(), this.#command.name())) continue;
        this.origins.delete(name);
        const nothing = this.#optionNamed(name)?.defaultValue;
        this.#command.setOptionValueWithSource(name, nothing, 'default');
      }
    }
  }

  #optionNamed(name: string): Option | undefined {
    const taken = COMMANDS_WITH_SETTINGS[this.#command.name()];
    if (taken !== 'all' && !taken?.includes(name)) return undefined;
    const [option] = this.#command.options.filter((one) => one.attributeName() === name);
    return option;
  }

  #noFlag(name: string, { file, pointer, preset }: Layer): GeminiImageError {
    const flag = flagOfSetting(name);
    const isThere = this.#command.options.some(({ long }) => long === flag);
    const place = at(file.shown, file.places.name(pointerTo(pointer, name)));
    return usageError(
      `${place}: the preset ${preset} sets ${flag}, which ${this.#command.name()} does not take${isThere ? ' from a file' : ''}`,
      'Make a preset of its own for what only other commands have.',
    );
  }

  /** By the command line or a stronger layer, which may also have taken it back. */
  #isSet(name: string): boolean {
    return this.origins.has(name) || this.#command.getOptionValueSource(name) === 'cli';
  }

  #set(name: string, value: unknown, origin: SettingOrigin): void {
    this.#command.setOptionValueWithSource(name, value, 'config');
    this.origins.set(name, origin);
    if (typeof value === 'string') this.texts.set(name, value);
  }

  /** A project may ask for less than its user does, and never for more. */
  #combine(name: string, value: unknown, origin: SettingOrigin): void {
    const before: unknown = this.#command.getOptionValue(name);
    const { together } = SETTABLE[name] ?? {};
    // The command has a --no-exclude only if it was typed.
    const isTakenBack = this.#command.options.some(({ long }) => long === `--no-${name}`);
    if (isTakenBack) return;
    if (together === 'both' && Array.isArray(before) && Array.isArray(value)) {
      const source = this.#command.getOptionValueSource(name) ?? 'config';
      this.#command.setOptionValueWithSource(name, [...before, ...value], source);
      if (source !== 'cli') return;
      this.origins.set(name, this.origins.get(name) ?? origin);
    } else if (together === 'smaller' && this.origins.get(name)?.whose === 'project') {
      if (origin.whose === 'user' && rank(value) < rank(before)) this.#set(name, value, origin);
    }
  }
}

/** An edge of 0 means that nothing is shrunk. */
function rank(value: unknown): number {
  return Number(value) || Number.POSITIVE_INFINITY;
}

function originOf(name: string, { file, pointer, preset }: Layer): SettingOrigin {
  const place = at(file.shown, file.places.name(pointerTo(pointer, name)));
  return { whose: file.whose, at: place, ...(preset !== undefined && { preset }) };
}

/** The value that the flag would have on the command line. */
async function flagValue(
  option: Option,
  value: unknown,
  { file, pointer }: Layer,
  { at: place }: SettingOrigin,
): Promise<unknown> {
  if (typeof value === 'boolean') return value;
  const name = option.attributeName();
  const step = pointerTo(pointer, name);
  const words = await withFilesOf(name, value, {
    file,
    place: at(file.shown, file.places.value(step)),
  });
  try {
    const { parseArg } = option;
    if (!parseArg) return words[0];
    // A flag that may be repeated collects its values, and an empty list is none of them.
    let parsed: unknown = Array.isArray(value) ? [] : undefined;
    for (const word of words) parsed = parseArg(word, parsed);
    return parsed;
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw usageError(`${place}: ${name} cannot be ${JSON.stringify(value)}`, error.message, error);
  }
}

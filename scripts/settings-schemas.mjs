// Makes the JSON Schemas of files of settings from the flags of the built commands: schema/project.json and
// schema/user.json. Files are checked by what is written here, so that an editor and the command say the same.
import { mkdirSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { addCommands } from '../compiled/commands/commands.js';
import { COMMANDS_WITH_SETTINGS, SETTABLE } from '../compiled/commands/flags/settable.js';

/** The levels of the flags that may stand in a part of a file. */
const LEVELS = {
  project: { defaults: ['project'], presets: ['project'] },
  user: { defaults: ['project', 'user'], presets: ['project', 'user', 'preset'] },
};

const ABOUT = {
  project:
    'Settings of gemini-image for a project: presets and defaults of its commands. It may say how to ask; what sends more or elsewhere, reads or writes other files or costs more stays with the user.',
  user: 'Your own settings of gemini-image: presets and defaults of its commands.',
};

function settingsSchema(whose, all) {
  const taking = all.filter((one) => Object.hasOwn(COMMANDS_WITH_SETTINGS, one.name()));
  const { defaults, presets } = LEVELS[whose];
  const byCommand = taking.map((one) => [one.name(), propertiesOf(one, whose, defaults)]);
  const ofAll = Object.entries(union(byCommand.map(([, properties]) => properties))).filter(
    ([name]) => !SETTABLE[name].ownWords,
  );
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: `https://unpkg.com/gemini-image/schema/${whose}.json`,
    title: 'gemini-image.json',
    description: ABOUT[whose],
    type: 'object',
    properties: {
      $schema: { type: 'string', description: 'This schema, for editors.' },
      defaults: {
        type: 'object',
        description:
          'Flags that hold without being typed, by command; "*" is every command that has them.',
        properties: {
          '*': object('Every command that has these flags.', Object.fromEntries(ofAll)),
          ...Object.fromEntries(
            byCommand.map(([name, properties]) => [
              name,
              object(`gemini-image ${name}`, properties),
            ]),
          ),
        },
        additionalProperties: false,
      },
      presets: {
        type: 'object',
        description: 'Sets of flags by name, for --preset.',
        // Names that need no quotes in any shell, and no comma, which stands between several.
        propertyNames: { pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' },
        additionalProperties: object(
          'The flags that --preset gives with this name.',
          union(taking.map((one) => propertiesOf(one, whose, presets))),
        ),
      },
    },
    additionalProperties: false,
  };
}

function object(description, properties) {
  return { type: 'object', description, properties, additionalProperties: false };
}

/** What several commands have, each once; where they take different words, any of these. */
function union(several) {
  const all = {};
  for (const [name, shape] of several.flatMap((properties) => Object.entries(properties))) {
    const known = all[name];
    const words = known?.enum && shape.enum && [...new Set([...known.enum, ...shape.enum])];
    all[name] = known ? { ...known, ...(words && { enum: words }) } : shape;
  }
  return all;
}

function propertiesOf(command, whose, levels) {
  const taken = COMMANDS_WITH_SETTINGS[command.name()];
  const properties = {};
  for (const option of command.options) {
    const name = option.attributeName();
    const settable = SETTABLE[name];
    if (!settable || !levels.includes(settable.level)) continue;
    if (taken !== 'all' && !taken.includes(name)) continue;
    properties[name] = { ...shapeOf(option, settable, whose), description: option.description };
  }
  return properties;
}

function shapeOf(option, { names, inProject }, whose) {
  if (whose === 'project' && inProject) return inProject;
  if (option.isBoolean() || option.negate) return { type: 'boolean' };
  if (option.argChoices) return { type: 'string', enum: option.argChoices };
  // A schema may stand there itself, as the object that it is.
  if (names === 'schema') return { type: ['string', 'object'] };
  return option.parseArg?.inJson ?? { type: 'string', minLength: 1 };
}

export async function writeSettingsSchemas() {
  const program = new Command();
  await addCommands(program, () => {}).defineAll();
  mkdirSync(new URL('../schema/', import.meta.url), { recursive: true });
  for (const whose of Object.keys(LEVELS)) {
    const schema = settingsSchema(whose, program.commands);
    const file = new URL(`../schema/${whose}.json`, import.meta.url);
    writeFileSync(file, `${JSON.stringify(schema)}\n`);
  }
}

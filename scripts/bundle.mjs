// Makes of compiled/ what is shipped: dist/bin.cjs, the library, the programs that are started by their path, and
// in dist/chunks what they share. docs/decisions/0001-start-up.md says why it is CommonJS, in chunks.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, isAbsolute, join, posix, relative, sep } from 'node:path';
import { rollup } from 'rollup';

/** The files of dist/ that are started, required or imported, by the module that each begins with. */
const ENTRIES = {
  bin: 'bin.cjs',
  main: 'cli/main.js',
  'command-thread': 'start/command-thread.js',
  index: 'index.js',
  'decode-worker': 'images/readers/decode-worker.js',
  'decoder-process': 'images/decoders/decoder-process.js',
  'pixels-thread': 'emulator/pictures/pixels-thread.js',
};

/** The modules that a plain call of `describe` loads one after the other, each with all that it imports. */
const PLAIN_CALL = [
  'start/command.js',
  'cli/main.js',
  'commands/describe.js',
  'tasks/describe/describe-task.js',
  'run/run.js',
  'engine/prompt-text.js',
];

/** Who else shares modules with a plain call, by the modules that each begins with; nobody loads another's for that. */
const USERS = {
  // Every run of the command.
  start: ['start/command.js'],
  // What there is to type, for the help: every module that this one may load.
  commands: { loadedBy: 'commands/commands.js' },
  // A program that imports the library, and its first call.
  library: ['index.js'],
  calls: ['library/calls.js'],
  decoders: [ENTRIES['decode-worker'], ENTRIES['decoder-process'], ENTRIES['pixels-thread']],
};

/** Bundles the modules below `root`, which ends with a slash, and resolves to what the files of dist/ were made of. */
export async function bundle(root) {
  const compiled = join(root, 'compiled');
  const entries = Object.entries(ENTRIES).map(([name, module]) => [name, join(compiled, module)]);
  const needsEsm = new Set();
  const bundled = await rollup({
    input: Object.fromEntries(entries),
    external: (id) => !id.startsWith('.') && !isAbsolute(id),
    // Everything that src evaluates is evaluated: what is counted there holds here too.
    treeshake: false,
    plugins: [
      namedModules(compiled),
      findEsm(root, needsEsm),
      { name: 'own-folder', resolveImportMeta: ownFolder },
      {
        // Of what is CommonJS, `import()` becomes a `require` at that place.
        name: 'import-esm',
        renderDynamicImport: ({ targetModuleId }) =>
          needsEsm.has(targetModuleId) ? { left: 'import(', right: ')' } : null,
      },
    ],
    onwarn({ message }) {
      throw new Error(message);
    },
  });
  const isEsm = ({ moduleIds }) => moduleIds.some((id) => needsEsm.has(id));
  const options = {
    entryFileNames: '[name].cjs',
    chunkFileNames: (chunk) => `chunks/[name]${isEsm(chunk) ? '.mjs' : '.cjs'}`,
    manualChunks: plainCallChunks(compiled),
    onlyExplicitManualChunks: true,
    generatedCode: { preset: 'es2015', symbols: false },
    interop: 'default',
    minifyInternalExports: false,
    externalLiveBindings: false,
    freeze: false,
    hoistTransitiveImports: false,
  };
  const files = [];
  for (const format of ['cjs', 'es']) {
    const { output } = await bundled.generate({ ...options, format });
    files.push(...output.filter((file) => isEsm(file) === (format === 'es')));
  }
  await bundled.close();
  for (const { fileName, code, isEntry, facadeModuleId } of files) {
    if (code.includes('import.meta')) throw new Error(`${fileName} asks where it is itself`);
    if (isEntry && needsEsm.has(facadeModuleId)) {
      throw new Error(`${fileName} needs an ES module at once: load that package by import()`);
    }
    const path = join(root, 'dist', fileName);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
  }
  const index = files.find(({ fileName }) => fileName === 'index.cjs');
  writeFileSync(
    join(root, 'dist/index.js'),
    `export { ${index.exports.join(', ')} } from './index.cjs';\n`,
  );
}

/** Says before the code of each module where it comes from: for those who read a stack trace, and for counting. */
function namedModules(compiled) {
  return {
    name: 'named-modules',
    transform(code, id) {
      const source = relative(compiled, id).replaceAll(sep, '/').replace(/js$/, 'ts');
      const first = this.parse(code).body.find(({ type }) => type !== 'ImportDeclaration');
      const at = first?.start ?? code.length;
      return { code: `${code.slice(0, at)}// src/${source}\n${code.slice(at)}`, map: null };
    },
  };
}

/**
 * Finds the modules that import a package which is an ES module only, and whatever imports those. `require` of
 * one is refused by Node 22.0 to 22.11, and later ones warn of it: they stay ES modules, and so do the files
 * in which they are.
 */
function findEsm(root, found) {
  const { resolve } = createRequire(join(root, 'package.json'));
  const isEsmOnly = (name) => {
    if (isBuiltin(name)) return false;
    try {
      const file = resolve(name);
      return file.endsWith('.mjs') || (file.endsWith('.js') && typeOf(file) === 'module');
    } catch ({ code }) {
      // It has no file for `require`.
      if (code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return true;
      throw new Error(`${name} cannot be found: ${code}`);
    }
  };
  return {
    name: 'find-esm',
    buildEnd(error) {
      if (error) return;
      const modules = [...this.getModuleIds()].map((id) => this.getModuleInfo(id));
      const reached = modules.filter(({ id, isExternal }) => isExternal && isEsmOnly(id));
      for (const { importers } of reached) {
        for (const id of importers.filter((one) => !found.has(one))) {
          found.add(id);
          reached.push(this.getModuleInfo(id));
        }
      }
    },
  };
}

/** What the package.json above a file says. */
function typeOf(file) {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (!existsSync(manifest)) continue;
    const { type, name } = JSON.parse(readFileSync(manifest, 'utf8'));
    if (type !== undefined || name !== undefined) return type;
  }
}

/** The folder of a source, from which `src/own-files.ts` finds its way: one below the root, as dist/ is. */
function ownFolder(property, { chunkId, format }) {
  if (format !== 'cjs' || property !== 'dirname') return null;
  const up = posix.relative(posix.dirname(chunkId), '.');
  return up === '' ? '__dirname' : `require('node:path').join(__dirname, '${up}')`;
}

function plainCallChunks(compiled) {
  let chunks;
  return (id, { getModuleInfo }) => {
    chunks ??= chunksOf(compiled, getModuleInfo);
    return chunks.get(id);
  };
}

/** The chunk of each module that a plain call needs: those with the same users are one. */
function chunksOf(compiled, getModuleInfo) {
  const info = (name) => getModuleInfo(join(compiled, name));
  const below = (beginnings) => {
    const reached = new Set(
      beginnings.loadedBy
        ? info(beginnings.loadedBy).dynamicallyImportedIds
        : beginnings.map((name) => info(name).id),
    );
    for (const id of reached) for (const to of getModuleInfo(id).importedIds) reached.add(to);
    return reached;
  };
  const needs = Object.entries(USERS).map(([user, beginnings]) => [user, below(beginnings)]);
  const own = [...below(PLAIN_CALL)].filter((id) => isAbsolute(id));
  return new Map(
    own.map((id) => {
      const users = needs.filter(([, reached]) => reached.has(id)).map(([user]) => user);
      return [id, ['for', ...(users.length > 0 ? users : ['plain', 'call'])].join('-')];
    }),
  );
}

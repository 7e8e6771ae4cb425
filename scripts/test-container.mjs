// Runs the steps of the Dockerfile in plain folders, as far as they go without a container: the files that
// .dockerignore lets in, each RUN but those of apt-get, and the entry point. It needs the registry, and a minute.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (name) => readFileSync(join(root, name), 'utf8');

/** The instructions, with continued lines joined. */
const steps = read('Dockerfile')
  .replace(/^#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => /^([A-Z]+)\s+(.*)$/.exec(line.trim()).slice(1));

const world = mkdtempSync(join(tmpdir(), 'gemini-image-container-'));
const folders = { '/build': 'build', '/tmp': 'tmp', '/data': 'data' };
for (const name of [...Object.values(folders), 'prefix']) mkdirSync(join(world, name));

/** The folders of the image are folders here. */
const moved = (text) =>
  Object.entries(folders).reduce(
    (words, [there, here]) =>
      words.replaceAll(new RegExp(`(?<=^|[ ="])${there}(?=[/ ]|$)`, 'g'), join(world, here)),
    text,
  );

const run = (command, cwd, env = {}) => {
  console.log(`$ ${command}`);
  execFileSync('sh', ['-ec', command], { cwd, stdio: 'inherit', env: { ...process.env, ...env } });
};

try {
  let folder = world;
  for (const [name, words] of steps) {
    if (name === 'WORKDIR') folder = moved(words);
    else if (name === 'COPY' && words === '. .') copyContext(folder);
    else if (name === 'RUN' && !words.includes('apt-get')) {
      // What would be installed into the image goes into a folder of its own.
      run(moved(words).replace(/mkdir --mode=\S+ \S+/, 'true'), folder, {
        npm_config_prefix: join(world, 'prefix'),
        // The last step empties it; the user's own must stay.
        npm_config_cache: join(world, 'npm-cache'),
      });
    }
  }
  const [, entry] = steps.find(([name]) => name === 'ENTRYPOINT');
  const [program] = JSON.parse(entry);
  run(`${join(world, 'prefix/bin', program)} demo`, join(world, 'data'));
  run(`${join(world, 'prefix/bin', program)} doctor --offline`, join(world, 'data'));
  // Its labels are drawn with what the package ships beside its code.
  cpSync(join(root, 'fixtures/harbor.jpg'), join(world, 'data/harbor.jpg'));
  const boxes = 'detect harbor.jpg --what boats --overlay boxes.png --offline';
  run(`${join(world, 'prefix/bin', program)} ${boxes}`, join(world, 'data'));
  console.log('every step that can be run here works');
} finally {
  rmSync(world, { recursive: true, force: true });
}

/** What `!` lets in. */
function copyContext(folder) {
  const names = read('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  for (const name of names) {
    if (!existsSync(join(root, name)))
      throw new Error(`.dockerignore names ${name}, which is not there`);
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
}

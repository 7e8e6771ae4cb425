/** Where an output goes: through links of the user's own, and not through those of others. */
import {
  chmodSync,
  lchownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { outputTarget } from '../../src/storage/output-target.js';
import { ReservedFiles } from '../../src/storage/reserved-files.js';
import { expectWritable, prepareFolder } from '../../src/storage/sidecar-file.js';
import { temporaryFolder } from '../support/files.js';

const isRoot = process.getuid?.() === 0;
const STRANGER = 12_345;

function folder() {
  const root = temporaryFolder();
  mkdirSync(join(root, 'home'));
  writeFileSync(join(root, 'home', 'notes'), 'precious');
  mkdirSync(join(root, 'shared'));
  return { root, notes: join(root, 'home', 'notes'), link: join(root, 'shared', 'out.csv') };
}

const why = (text: string) => ({ kind: 'usage', message: expect.stringContaining(text) });

test.runIf(isRoot)(
  'a link of another user in a folder that everybody can write to is refused',
  async () => {
    for (const mode of [0o1777, 0o777]) {
      const { root, notes, link } = folder();
      symlinkSync(notes, link);
      lchownSync(link, STRANGER, STRANGER);
      chmodSync(dirname(link), mode);
      const refusal = why('is a link of another user in a folder that everybody can write to');
      await expect(outputTarget(link, [])).rejects.toMatchObject(refusal);
      // Also where it is in the middle, or is reached by a link of one's own.
      symlinkSync(join(root, 'home'), join(root, 'shared', 'way'));
      lchownSync(join(root, 'shared', 'way'), STRANGER, STRANGER);
      const below = join(root, 'shared', 'way', 'notes');
      await expect(outputTarget(below, [])).rejects.toMatchObject(refusal);
      symlinkSync(link, join(root, 'mine'));
      await expect(outputTarget(join(root, 'mine'), [])).rejects.toMatchObject(refusal);
    }
  },
);

test.runIf(isRoot)('a folder for sidecars that such a link leads to is refused', async () => {
  const { root, link } = folder();
  symlinkSync(join(root, 'home'), link);
  lchownSync(link, STRANGER, STRANGER);
  chmodSync(dirname(link), 0o1777);
  const refusal = why('is a link of another user in a folder that everybody can write to');
  const hint = 'Name another one.';
  for (const place of [link, join(link, 'new', 'below')]) {
    await expect(prepareFolder(place, hint)).rejects.toMatchObject({ ...refusal, hint });
    const one = expectWritable(join(place, 'a.txt'), { makesFolders: true, hint });
    await expect(one).rejects.toMatchObject({ ...refusal, hint });
  }
  expect(readdirSync(join(root, 'home'))).toEqual(['notes']);
  await prepareFolder(join(root, 'shared', 'own'), hint);
});

test.runIf(isRoot)('links in other folders, and links of the user, are followed', async () => {
  const { root, notes, link } = folder();
  symlinkSync(notes, link);
  chmodSync(dirname(link), 0o1777);
  expect(await outputTarget(link, [])).toMatchObject({ target: notes });
  symlinkSync(notes, join(root, 'home', 'link'));
  lchownSync(join(root, 'home', 'link'), STRANGER, STRANGER);
  expect(await outputTarget(join(root, 'home', 'link'), [])).toMatchObject({ target: notes });
});

test.each([
  ['to itself', 'out.csv', 'its links lead in a circle'],
  ['through a folder that is missing, to itself', 'missing/../out.csv', 'folder does not exist'],
  ['into a folder that is missing', 'missing/out.csv', 'the folder does not exist'],
  ['into a file', '../home/notes/out.csv', 'a part of the path is no folder'],
])('a link %s does not hold anything up', async (_, to, reason) => {
  const { link } = folder();
  symlinkSync(to, link);
  await expect(outputTarget(link, [])).rejects.toMatchObject(why(reason));
});

test('a name that no file can have is refused', async () => {
  const { root } = folder();
  const long = join(root, `${'x'.repeat(256)}.csv`);
  await expect(outputTarget(long, [])).rejects.toMatchObject(why('the name is too long'));
});

test('a reserved file is recognised by any of its names, even before it exists', async () => {
  const { root, notes, link } = folder();
  symlinkSync(notes, link);
  linkSync(notes, join(root, 'second'));
  const reserved = new ReservedFiles([link]);
  reserved.add([join(root, 'shared', '..', 'new.csv')], 'the results go there');
  for (const name of [notes, link, join(root, 'second')]) {
    await expect(outputTarget(name, reserved)).rejects.toMatchObject(why('it is being read'));
  }
  const fresh = outputTarget(join(root, 'new.csv'), reserved);
  await expect(fresh).rejects.toMatchObject(why('the results go there'));
  const others = reserved.without(join(root, 'new.csv'));
  expect(await outputTarget(join(root, 'new.csv'), others)).toMatchObject({ existing: undefined });
});

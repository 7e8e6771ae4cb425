import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BIN } from '../support/command.js';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { answersBy } from './answering.js';

test('a kill in the middle of --write leaves each page as it was or as it is to be', async () => {
  const folder = temporaryFolder({ 'a.png': 'small.png' });
  const names = Array.from({ length: 60 }, (_, number) => `p${number}.html`);
  const before = `${'<p>word</p>\n'.repeat(40)}<img src=a.png>`;
  const after = before.replace('<img src=a.png>', '<img src=a.png alt="A boat">');
  for (const name of names) writeFileSync(join(folder, name), before);
  const server = await answersBy(() => ({ decorative: false, alt: 'A boat' }));
  const cache = join(folder, '.cache');
  await runInProcess(['alt', 'p0.html'], {
    cwd: folder,
    env: { ...server.env, XDG_CACHE_HOME: cache },
  });
  const child = spawn(process.execPath, [BIN, 'alt', '.', '--write'], {
    cwd: folder,
    env: { ...process.env, ...server.env, XDG_CACHE_HOME: cache },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  let seen = 0;
  const watcher = watch(folder, (_event, name) => {
    if (name?.endsWith('.html')) seen += 1;
    if (seen > 4) child.kill('SIGKILL');
  });
  await ended;
  watcher.close();
  const contents = names.map((name) => readFileSync(join(folder, name), 'utf8'));
  expect(contents.filter((one) => one !== before && one !== after)).toEqual([]);
  expect(contents).toContain(before);
  expect(contents).toContain(after);
  const again = await runInProcess(['alt', '.', '--write'], {
    cwd: folder,
    env: { ...server.env, XDG_CACHE_HOME: cache },
  });
  expect(again.code).toBe(0);
  expect(names.every((name) => readFileSync(join(folder, name), 'utf8') === after)).toBe(true);
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

/** Boxes that make no sense, and boxes in other numbers, as users meet them. */
import { expect, test } from 'vitest';
import { album, nameOf } from '../support/album.js';
import { runInProcess } from '../support/in-process.js';
import { answer, sendJson, serve } from '../support/scripted-server.js';

const PHOTO = `photos/${nameOf(0)}`;

const saying = (...boxes: object[]) =>
  serve((response) => sendJson(response, 200, answer(JSON.stringify({ boxes }))));

test('an answer without a sensible box is asked for once more, and is left out of COCO', async () => {
  const cwd = await album(1);
  const server = await saying({ label: 'boat', box_2d: ['a', 'b', 'c', 'd'] });
  const args = ['detect', PHOTO, '-f', 'coco'];
  const { code, stdout, stderr } = await runInProcess(args, { cwd, env: server.env });
  expect(code).toBe(7);
  expect(server.requests).toHaveLength(2);
  expect(stderr).toContain('none of their boxes makes sense');
  expect(stdout).not.toContain(nameOf(0));
});

test('boxes in fractions are converted, with a note', async () => {
  const cwd = await album(1);
  const server = await saying({ label: 'boat', box_2d: [0, 0, 0.5, 1] });
  const args = ['detect', PHOTO, '-f', 'json'];
  const { code, stdout, stderr } = await runInProcess(args, { cwd, env: server.env });
  expect(code).toBe(0);
  expect(JSON.parse(stdout).data).toMatchObject({
    ...{ boxes: [{ normalized: [0, 0, 500, 1000] }], convertedFrom: 'fractions' },
  });
  expect(stderr).toMatch(/in fractions of the sides, and were converted/);
});

test('the names of --what are used by the schema and COCO, with the emulator too', async () => {
  const cwd = await album(1);
  const args = ['detect', PHOTO, '--what', 'boats,dogs', '-f', 'coco', '--offline'];
  const { code, stdout } = await runInProcess(args, { cwd });
  expect(code).toBe(0);
  expect(JSON.parse(stdout).categories).toEqual([
    { id: 1, name: 'boats' },
    { id: 2, name: 'dogs' },
  ]);
});

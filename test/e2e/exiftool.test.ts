/** What another program writes into photos does not have them asked about again. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { albumServer } from '../support/album.js';
import { fixture, temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { hasProgram } from '../support/programs.js';

const PHOTOS = ['small.jpg', 'small.png', 'small.webp', 'small.heic'];

describe.skipIf(!hasProgram('exiftool', '-ver'))('exiftool', () => {
  test('writes keywords, titles and places; the folder is renamed; no call is made', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'photos'));
    for (const name of PHOTOS) copyFileSync(fixture(name), join(cwd, 'photos', name));
    const server = await albumServer();
    const describeFolder = (folder: string) =>
      runInProcess(['describe', folder, '-o', 'captions.jsonl'], { cwd, ...server });
    expect((await describeFolder('photos')).code).toBe(0);
    const asked = server.requests.length;

    execFileSync('exiftool', [
      ...['-q', '-overwrite_original'],
      ...['-XMP-dc:Subject=harbour', '-XMP-dc:Title=Evening', '-EXIF:ImageDescription=Boats'],
      ...['-GPSLatitude=54.3', '-GPSLatitudeRef=N', '-Comment=seen'],
      join(cwd, 'photos'),
    ]);
    renameSync(join(cwd, 'photos'), join(cwd, 'summer'));

    const { code, stderr } = await describeFolder('summer');
    expect(code).toBe(0);
    expect(stderr).toContain('4 done before (under another name or with other metadata)');
    expect(server.requests).toHaveLength(asked);
  });
});

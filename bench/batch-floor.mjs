// The floor for batch jobs: what the least script costs that reads pictures, encodes them and writes
// them as lines: `node batch-floor.mjs <folder with a slash at its end> <file>`
import { open, readdir, readFile, rm } from 'node:fs/promises';
import { now } from './clock.mjs';

const [folder, out] = process.argv.slice(2);
const BYTES = 256 * 1_048_576;

const start = now();
let file = await open(out, 'w');
let [pictures, bytes, written] = [0, 0, 0];
for (const name of await readdir(folder, { recursive: true })) {
  if (!name.endsWith('.jpg')) continue;
  const data = (await readFile(folder + name)).toString('base64');
  const parts = [
    { inlineData: { mimeType: 'image/jpeg', data } },
    { text: 'Describe this picture in one or two plain sentences.' },
  ];
  const request = { contents: [{ role: 'user', parts }], store: false };
  const line = `${JSON.stringify({ key: String(pictures), request })}\n`;
  if (written + line.length > BYTES) {
    await file.close();
    file = await open(out, 'w');
    written = 0;
  }
  await file.write(line);
  written += line.length;
  bytes += line.length;
  pictures += 1;
}
await file.close();
await rm(out);
console.log(JSON.stringify({ pictures, bytes, ms: now() - start }));

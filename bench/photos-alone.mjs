// What sharp alone takes: it makes the pictures that are sent of photos, as many at once as there are
// cores, each in one thread, and drops them: `node photos-alone.mjs <folder>`
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';

const [folder] = process.argv.slice(2);
const fit = { width: 3072, height: 3072, fit: 'inside', kernel: 'lanczos3' };
const jpeg = { quality: 90, quantisationTable: 3, chromaSubsampling: '4:2:0' };

sharp.concurrency(1);
const left = readdirSync(folder);
let [pictures, bytes] = [0, 0];
const work = async () => {
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    const photo = sharp(join(folder, name)).autoOrient();
    const made = await photo.resize(fit).jpeg(jpeg).toBuffer();
    pictures += 1;
    bytes += made.length;
  }
};
await Promise.all(Array.from({ length: availableParallelism() }, work));
console.log(JSON.stringify({ pictures, bytes, threads: sharp.concurrency() }));

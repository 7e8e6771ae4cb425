// Makes photos of one drawing: `node photos.mjs <drawing> <camera.jpg> <photo.jpg> <snap.jpg>`
import sharp from 'sharp';

const [drawing, camera, photo, snap] = process.argv.slice(2);

/** 12 megapixels, as phones have them. */
const SIZE = { width: 4032, height: 3024 };

const exif = {
  IFD0: { Make: 'Example', Model: 'Camera 1', Software: '1.0', DateTime: '2024:05:04 20:15:00' },
  IFD2: { FNumber: '18/10', ExposureTime: '1/60', LensModel: 'Example 26mm f/1.8' },
  IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '54/1 10/1 0/1', GPSLongitudeRef: 'E' },
};
const xmp =
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
  '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="Example"/></rdf:RDF></x:xmpmeta>';

/** About 200 KB, with what a camera writes around the pixels. */
await sharp(drawing)
  .jpeg({ quality: 85 })
  .withExif(exif)
  .withXmp(xmp)
  .withIccProfile('p3')
  .toFile(camera);

/** About 45 KB, as messengers make them. */
await sharp(drawing).resize({ width: 640 }).jpeg({ quality: 70 }).toFile(snap);

/** About 5 MB: at the quality that cameras use, and with a sensor's noise. */
const pixels = await sharp(drawing)
  .resize({ ...SIZE, fit: 'fill' })
  .raw()
  .toBuffer();
const raw = { ...SIZE, channels: 3 };
await sharp(noisy(pixels), { raw }).jpeg({ quality: 95 }).withExif(exif).toFile(photo);

/** Adds up to 11.5 to each value or takes it away: the same noise each time. */
function noisy(values) {
  const sums = new Uint8ClampedArray(values);
  let state = 1;
  for (let at = 0; at < sums.length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    sums[at] += ((state >>> 24) / 255) * 23 - 11.5;
  }
  return sums;
}

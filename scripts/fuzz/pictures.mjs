// Small pictures with every kind of metadata, to be changed at random.
import { box, heicWithMetadata } from './heif-parts.mjs';
import {
  exifBlock,
  gainMapTerms,
  jpegExif,
  jpegMetadata,
  jpegXmp,
  pngChunk,
  pngMetadata,
  restartJpeg,
  SECRETS,
  tiffBlock,
  ultraHdr,
  vp8x,
  webpChunk,
  webpFile,
  withChunks,
  withMetadataBetweenScans,
  withSegments,
  xmpPacket,
} from './parts.mjs';

const [WIDTH, HEIGHT] = [40, 24];

/** A scene with edges, gradients and some noise, the same on every machine. */
export function scene(sharp, channels = 3) {
  const pixels = Buffer.alloc(WIDTH * HEIGHT * channels);
  for (let at = 0; at < pixels.length; at += 1) {
    const [x, y] = [Math.floor(at / channels) % WIDTH, Math.floor(at / channels / WIDTH)];
    pixels[at] = (x * 6 + y * (at % channels) * 5 + ((at * 7919) % 13) + (x > y ? 60 : 0)) % 256;
  }
  return sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels } });
}

/** Without metadata, except for a colour profile. */
export async function plainPictures(sharp) {
  const jpeg = await scene(sharp).withIccProfile('p3').jpeg({ quality: 80 }).toBuffer();
  return {
    jpeg,
    progressive: await scene(sharp).jpeg({ progressive: true }).toBuffer(),
    cmyk: await scene(sharp).toColourspace('cmyk').jpeg().toBuffer(),
    grey: await scene(sharp, 1).toColourspace('b-w').jpeg({ optimiseCoding: false }).toBuffer(),
    png: await scene(sharp, 4).withIccProfile('p3').png().toBuffer(),
    palette: await scene(sharp).png({ palette: true, colours: 16 }).toBuffer(),
    interlaced: await scene(sharp).png({ progressive: true }).toBuffer(),
    webp: await scene(sharp).webp().toBuffer(),
    lossless: await scene(sharp, 4).webp({ lossless: true }).toBuffer(),
    alpha: await scene(sharp, 4).withIccProfile('p3').webp({ quality: 60 }).toBuffer(),
    animated: await sharp(
      [await scene(sharp).png().toBuffer(), await scene(sharp).negate().png().toBuffer()],
      { join: { animated: true } },
    )
      .webp({ loop: 0, delay: [100, 100] })
      .toBuffer(),
  };
}

/** Pictures with metadata, by format. */
export async function picturesWithMetadata(sharp, heic) {
  const plain = await plainPictures(sharp);
  const secret = SECRETS.join(' ');
  const webpBody = (file) => file.subarray(12);
  return {
    jpeg: [
      Buffer.concat([
        withSegments(plain.jpeg, jpegExif(6), ...jpegMetadata()),
        Buffer.from(`trailer ${secret}`),
      ]),
      withMetadataBetweenScans(withSegments(plain.progressive, jpegExif(3, false))),
      withSegments(plain.cmyk, ...jpegMetadata()),
      withSegments(restartJpeg(plain.grey, 15), jpegExif(8), ...jpegMetadata()),
      ultraHdr(plain.jpeg, plain.grey, { extra: jpegMetadata() }),
      await scene(sharp)
        .withExif({ IFD0: { Artist: secret, Make: secret }, IFD3: { GPSLatitudeRef: 'N' } })
        .withXmp(xmpPacket().toString())
        .jpeg()
        .toBuffer(),
      withSegments(plain.grey, jpegXmp(gainMapTerms()), jpegExif(2)),
      await sharp(ultraHdr(plain.jpeg, plain.grey))
        .withGainMap()
        .withExif({ IFD0: { Artist: secret } })
        .jpeg()
        .toBuffer(),
    ],
    png: [
      withChunks(plain.png, [pngChunk('eXIf', tiffBlock(6)), ...pngMetadata()], pngMetadata()),
      withChunks(plain.palette, pngMetadata(), [pngChunk('eXIf', tiffBlock(3))]),
      Buffer.concat([withChunks(plain.interlaced, pngMetadata()), Buffer.from(secret)]),
      await scene(sharp)
        .withExif({ IFD0: { Artist: secret } })
        .withXmp(xmpPacket().toString())
        .png()
        .toBuffer(),
    ],
    webp: [
      webpFile(
        vp8x(0x0c, WIDTH, HEIGHT),
        webpBody(plain.webp),
        webpChunk('EXIF', exifBlock(6)),
        webpChunk('XMP ', xmpPacket()),
      ),
      webpFile(
        vp8x(0x1c, WIDTH, HEIGHT),
        webpChunk('EXIF', tiffBlock(3, false)),
        webpBody(plain.lossless),
        webpChunk('note', secret),
        webpChunk('XMP ', xmpPacket()),
      ),
      Buffer.concat([plain.alpha, Buffer.from(secret)]),
      await sharp(plain.animated, { animated: true })
        .withExif({ IFD0: { Artist: secret } })
        .withXmp(xmpPacket().toString())
        .webp()
        .toBuffer(),
      await scene(sharp, 4)
        .withExif({ IFD0: { Artist: secret } })
        .webp({ quality: 50 })
        .toBuffer(),
    ],
    heic: [
      heicWithMetadata(heic),
      heicWithMetadata(heic, { version: 0, split: true }),
      heicWithMetadata(heic, { version: 2 }),
      heicWithMetadata(heic, { inIdat: true, more: [box('free', Buffer.alloc(20))] }),
    ],
  };
}

// Pictures inside of a drawing. The renderer knows only PNG and JPEG among them.
import type { SharpFactory } from '../../decoders/load-sharp.js';

const DATA_URI =
  /((?:xlink:)?href\s*=\s*["']\s*)data:([\w.+/-]*)((?:;[\w.=-]+)*),([^"']*)(?=["'])/gi;
/** More are not worth the time. */
const MAX_PICTURES = 500;
const MAX_PIXELS = 50_000_000;

/** The same drawing with its embedded pictures as PNG, where they are of another kind. */
export async function withReadableImages(sharp: SharpFactory, text: string): Promise<string> {
  const parts: string[] = [];
  let at = 0;
  let count = 0;
  for (const found of text.matchAll(DATA_URI)) {
    const [whole, before = '', , settings = '', data = ''] = found;
    if (!settings.toLowerCase().includes(';base64')) continue;
    const bytes = Buffer.from(data.replace(/&#(?:x0*[ad]|0*1[03]);|\s/gi, ''), 'base64');
    if (!isOfOtherKind(bytes)) continue;
    count += 1;
    if (count > MAX_PICTURES) break;
    const png = await asPng(sharp, bytes);
    if (!png) continue;
    parts.push(
      text.slice(at, found.index),
      before,
      `data:image/png;base64,${png.toString('base64')}`,
    );
    at = found.index + whole.length;
  }
  return at === 0 ? text : `${parts.join('')}${text.slice(at)}`;
}

/** GIF, WebP, AVIF and TIFF, whatever the drawing calls them. */
function isOfOtherKind(bytes: Buffer): boolean {
  const head = bytes.toString('latin1', 0, 12);
  return /^GIF8|^RIFF....WEBP|^....ftyp|^II\*\0|^MM\0\*/s.test(head);
}

/** Undefined if it cannot be decoded: a browser leaves its place empty too. */
async function asPng(sharp: SharpFactory, bytes: Buffer): Promise<Buffer | undefined> {
  try {
    return await sharp(bytes, { limitInputPixels: MAX_PIXELS })
      .png({ compressionLevel: 1 })
      .toBuffer();
  } catch {
    return undefined;
  }
}

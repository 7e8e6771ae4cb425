/** By what a JPEG says that a gain map comes with it (Adobe's terms in XMP, ISO 21496-1). */
const MARKS = ['hdrgm', '21496:-1'];

/**
 * A photo for a decoder that is to take its base picture and nothing else: the library for gain maps
 * that comes with sharp prints what it dislikes to stdout.
 */
export function withHiddenGainMap(jpeg: Uint8Array): Uint8Array {
  let bytes = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.length);
  let isCopy = false;
  for (const mark of MARKS) {
    for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, at)) {
      if (!isCopy) bytes = Buffer.from(bytes);
      isCopy = true;
      bytes.fill('x', at, at + mark.length);
    }
  }
  return bytes;
}

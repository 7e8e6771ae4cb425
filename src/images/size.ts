import { inputError } from '../domain/error.js';
import type { PictureFormat, Size } from '../domain/picture.js';
import { pictureFormats } from './formats.js';
import type { ByteSource } from './open/byte-source.js';
import { look, type OpenImage } from './open/open.js';

/** How much of a file is read to find its size, because the parser takes small steps. */
const SIZE_BYTES = 2_097_152;
/** For an SVG, whose first element is near the beginning and whose parser goes back and forth. */
const SVG_SIZE_BYTES = 65_536;

type SizeReader = (source: ByteSource) => Size | undefined;

/** Formats whose headers the parser does not understand in all of their kinds. */
const ownReaders: Partial<Record<PictureFormat, () => Promise<SizeReader>>> = {
  jpeg: async () => (await import('./metadata/jpeg-frame.js')).readFrame,
  bmp: async () => (await import('./metadata/bmp.js')).readBmpSize,
};

/**
 * Loads what reads the size of such pictures in stored pixels from their headers, without decoding
 * them. It throws a GeminiImageError of kind `input` if a header is cut off or damaged.
 */
export async function sizeReader(formatName: PictureFormat): Promise<(source: ByteSource) => Size> {
  // An import takes its time even of a module that is there already.
  const reader = loaded.get(formatName) ?? (await loadReader(formatName));
  loaded.set(formatName, reader);
  return reader;
}

const loaded = new Map<PictureFormat, (source: ByteSource) => Size>();

async function loadReader(formatName: PictureFormat): Promise<(source: ByteSource) => Size> {
  const read = await (ownReaders[formatName]?.() ?? parserOf(formatName));
  return (source) => {
    const size = read(source);
    if (size) return { width: size.width, height: size.height };
    throw inputError(
      `it is ${pictureFormats[formatName].name} whose header is cut off or damaged`,
      'Copy or download it again.',
    );
  };
}

/** The size of a picture; undefined if its header does not have it, as for a drawing without one. */
export async function sizeIn(
  image: OpenImage,
  formatName: PictureFormat,
): Promise<Size | undefined> {
  const readSize = await sizeReader(formatName);
  return look(image, (source) => {
    try {
      return readSize(source);
    } catch {
      return undefined;
    }
  });
}

async function parserOf(formatName: PictureFormat): Promise<SizeReader> {
  const { imageSize } = await import('image-size');
  return (source) => {
    try {
      const head = source.slice(0, formatName === 'svg' ? SVG_SIZE_BYTES : SIZE_BYTES);
      const { width, height } = imageSize(withOwnMemory(head));
      return width > 0 && height > 0 ? { width, height } : undefined;
    } catch {
      // Whatever the parser stumbled on, the header cannot be read.
      return undefined;
    }
  };
}

/**
 * The parser reads past the end of bytes that are a view into a larger buffer, as Node's small
 * ones are, and would take a size from the bytes of a stranger.
 */
function withOwnMemory(bytes: Uint8Array): Uint8Array {
  const end = bytes.byteOffset + bytes.byteLength;
  return end === bytes.buffer.byteLength && bytes.byteOffset === 0 ? bytes : new Uint8Array(bytes);
}

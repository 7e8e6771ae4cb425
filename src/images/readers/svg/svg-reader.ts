// Draws an SVG by sharp so that it fills its canvas, as in a browser.
import type { Size } from '../../../domain/picture.js';
import type { SharpFactory } from '../../decoders/load-sharp.js';
import { MAX_PIXELS, tooManyPixels } from '../../errors.js';
import { readAll } from '../../open/open.js';
import type { Pixels, Reading } from '../pixels.js';
import { withReadableImages } from './svg-images.js';
import {
  declarationsIn,
  pixelsIn,
  readRoot,
  readViewBox,
  type SvgRoot,
  type ViewBox,
  withRoot,
} from './svg-root.js';
import { svgText } from './svg-text.js';

/** A drawing of an icon's size is drawn larger: it loses nothing and becomes readable. */
const MIN_EDGE = 1024;

/** No drawing needs more, and the renderer warns about more on stderr. */
const MAX_UNITS = 1_000_000;

/** Dots an inch by which an inch is 96 units, as in CSS; the renderer then draws by 96/72 larger. */
const DENSITY = 96;
const ENLARGED = 96 / 72;

/** The size of a drawing that says nothing, as browsers take it. */
const DEFAULT_SIZE: Size = { width: 300, height: 150 };

/** @throws Error if it has no root; GeminiImageError of kind `input` for an absurd size. */
export async function readSvg({ sharp, image, options }: Reading): Promise<Pixels> {
  const { text: written, encoding } = svgText(await readAll(image));
  const text = await withReadableImages(sharp, written);
  const root = readRoot(text);
  if (!root) throw new Error('it has no <svg> that can be read');
  const bytesOf = (drawing: string) => Buffer.from(drawing, encoding);
  const { size, viewBox } = await layoutOf(sharp, text, root, bytesOf);
  if (Math.max(size.width, size.height) > MAX_UNITS) throw tooManyPixels(size);
  const drawn = drawnSize(size, options.maxEdge);
  const input = bytesOf(
    withRoot(
      text,
      root,
      {
        ...PLACELESS,
        ...(isOfShape(viewBox, size) && { preserveAspectRatio: 'none' }),
        width: String(drawn.width / ENLARGED),
        height: String(drawn.height / ENLARGED),
        viewBox: [viewBox.left, viewBox.top, viewBox.width, viewBox.height].join(' '),
        style: styleWithoutSize(root),
      },
      behind(root, viewBox),
    ),
  );
  const settings = {
    density: DENSITY,
    limitInputPixels: MAX_PIXELS,
    failOn: options.damaged ? 'none' : 'error',
  } as const;
  const metadata = await sharp(input, settings).metadata();
  const original = { width: Math.round(size.width) || 1, height: Math.round(size.height) || 1 };
  return { read: () => sharp(input, settings), original, metadata };
}

/** Then the drawing may be stretched by the part of a pixel to which its canvas is rounded. */
function isOfShape(viewBox: ViewBox, { width, height }: Size): boolean {
  return Math.abs((viewBox.width / viewBox.height) * (height / width) - 1) < 1e-4;
}

/** Attributes that move a drawing inside of another one. */
const PLACELESS = { x: undefined, y: undefined };

interface Layout {
  size: Size;
  viewBox: ViewBox;
}

/** Its size in pixels, and the part of its plane that is seen, both as in a browser. */
async function layoutOf(
  sharp: SharpFactory,
  text: string,
  root: SvgRoot,
  bytesOf: (drawing: string) => Buffer,
): Promise<Layout> {
  const style = declarationsIn(root.attributes.get('style'));
  const width = pixelsIn(style.get('width') ?? root.attributes.get('width'));
  const height = pixelsIn(style.get('height') ?? root.attributes.get('height'));
  const viewBox = readViewBox(root.attributes.get('viewBox'));
  if (viewBox) {
    const ratio = viewBox.width / viewBox.height;
    const size =
      width !== undefined
        ? { width, height: height ?? width / ratio }
        : height !== undefined
          ? { width: height * ratio, height }
          : { width: viewBox.width, height: viewBox.height };
    return { size, viewBox };
  }
  const extent =
    width !== undefined && height !== undefined
      ? { width, height }
      : await extentOf(sharp, text, root, bytesOf);
  const size = { width: width ?? extent.width, height: height ?? extent.height };
  return { size, viewBox: { left: 0, top: 0, ...size } };
}

/** How far what is drawn reaches from the origin, to the right and down. */
async function extentOf(
  sharp: SharpFactory,
  text: string,
  root: SvgRoot,
  bytesOf: (drawing: string) => Buffer,
): Promise<Size> {
  // The renderer measures what is drawn; a speck at the origin makes it measure from there.
  const speck = element(root, 'rect', 'width=".01" height=".01" fill="#000" fill-opacity=".01"');
  const nowhere = { width: undefined, height: undefined, viewBox: undefined };
  const measured = bytesOf(
    withRoot(text, root, { ...PLACELESS, ...nowhere, style: styleWithoutSize(root) }, speck),
  );
  try {
    const settings = { density: DENSITY, limitInputPixels: false } as const;
    const { width, height } = await sharp(measured, settings).metadata();
    // The renderer rounds up to a whole pixel of the canvas.
    const [wide, high] = [width, height].map((side) => Math.round(side / ENLARGED));
    const extent = { width: wide ?? 0, height: high ?? 0 };
    return Math.min(extent.width, extent.height) > 2 ? extent : DEFAULT_SIZE;
  } catch {
    return DEFAULT_SIZE;
  }
}

function styleWithoutSize({ attributes }: SvgRoot): string | undefined {
  const style = attributes.get('style');
  if (style === undefined) return undefined;
  const kept = [...declarationsIn(style)].filter(
    ([name]) => !/^(?:(?:min-|max-)?(?:width|height)|background(?:-color)?|transform)$/.test(name),
  );
  return kept.map(([name, value]) => `${name}:${value}`).join(';');
}

/** The colour behind the whole, which the renderer does not know; nothing if there is none. */
function behind(root: SvgRoot, { left, top, width, height }: ViewBox): string {
  const style = declarationsIn(root.attributes.get('style'));
  const colour = style.get('background-color') ?? style.get('background');
  // Anything else, such as a picture or a gradient, is more than a colour.
  if (colour === undefined || !/^(?:[\w#.%, -]|\([^()]*\))+$/.test(colour)) return '';
  // Much larger than what is seen, because the canvas may have another shape.
  const [wide, high] = [width * 100, height * 100];
  const place = `x="${left - wide / 2}" y="${top - high / 2}" width="${wide}" height="${high}"`;
  return element(root, 'rect', `${place} style="fill:${colour};stroke:none"`);
}

function element({ name }: SvgRoot, kind: string, attributes: string): string {
  return `<${name.replace(/svg$/, kind)} ${attributes}/>`;
}

/**
 * The size in pixels at which a drawing is neither too small to be read nor larger than what is sent.
 *
 * @throws GeminiImageError of kind `input` if it would be too large.
 */
function drawnSize(size: Size, maxEdge: number): Size {
  const [long, short] = [Math.max(size.width, size.height), Math.min(size.width, size.height)];
  const wanted = Math.min(Math.max(long, MIN_EDGE), maxEdge || Number.POSITIVE_INFINITY);
  // The shorter side needs at least one pixel.
  const scale = Math.max(wanted / long, 1 / short);
  const [width, height] = [Math.round(size.width * scale), Math.round(size.height * scale)];
  if (width * height > MAX_PIXELS) throw tooManyPixels(size);
  return { width, height };
}

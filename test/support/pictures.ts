/** Pictures that are made for a test. */
import sharp, { type Sharp } from 'sharp';

/** A scene that looks different from every side: 60 × 40, a colour in each corner, a bar on top. */
const SCENE_SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40">
  <rect width="60" height="40" fill="#fff"/>
  <rect width="60" height="8" fill="#222"/>
  <rect y="8" width="20" height="16" fill="#d00"/>
  <rect x="40" y="8" width="20" height="16" fill="#0a0"/>
  <rect y="24" width="20" height="16" fill="#00d"/>
  <rect x="40" y="24" width="20" height="16" fill="#dd0"/>
</svg>`;

/** The scene as people see it: 3 channels. */
export const scenePixels = (): Promise<Buffer> => scene().raw().toBuffer();

function scene(): Sharp {
  return sharp(Buffer.from(SCENE_SVG)).removeAlpha();
}

/** How the scene is stored so that an orientation turns it upright. */
const stored: Readonly<Record<number, (upright: Sharp) => Promise<Sharp>>> = {
  1: async (upright) => upright,
  2: async (upright) => upright.flop(),
  3: async (upright) => upright.rotate(180),
  4: async (upright) => upright.flip(),
  5: async (upright) => (await turnedRight(upright)).flop(),
  6: async (upright) => upright.rotate(270),
  7: async (upright) => (await turnedRight(upright)).flip(),
  8: async (upright) => upright.rotate(90),
};

export const ORIENTATIONS = Object.keys(stored).map(Number);

/** sharp does not keep the order of rotating and mirroring, so the first is done by itself. */
async function turnedRight(upright: Sharp): Promise<Sharp> {
  return sharp(await upright.rotate(90).png().toBuffer());
}

/** The scene on its side, with the EXIF orientation that says how to hold it. */
export async function turnedScene(
  orientation: number,
  format: 'jpeg' | 'png' | 'webp' = 'jpeg',
): Promise<Buffer> {
  const lying = (await stored[orientation]?.(scene())) ?? scene();
  const picture = sharp(await lying.png().toBuffer()).withMetadata({ orientation });
  if (format === 'png') return picture.png().toBuffer();
  if (format === 'webp') return picture.webp({ lossless: true }).toBuffer();
  return picture.jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
}

/** Many colours, the same ones each time. */
export function photo(width: number, height: number): Sharp {
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at += 1) {
    data[at] = (at * 7 + Math.floor(at / (width * 3)) * 3 + ((at * at) >> 7)) & 255;
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** A few colours on a transparent ground. */
export function drawing(width: number, height: number): Sharp {
  return sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
        <circle cx="${width / 2}" cy="${height / 2}" r="${Math.min(width, height) / 3}" fill="#c03"/>
      </svg>`,
    ),
  );
}

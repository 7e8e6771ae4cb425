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

/**
 * A grey JPEG of any size in few bytes: each of its blocks takes two bits. It is light above its middle
 * and dark below.
 */
export function hugeJpeg(width: number, height: number): Buffer {
  const segment = (code: number, content: readonly number[]) => {
    const length = content.length + 2;
    return Buffer.from([0xff, code, length >> 8, length & 255, ...content]);
  };
  const short = (value: number) => [value >> 8, value & 255];
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const scan = Buffer.alloc(Math.ceil((blocks * 2 + 18) / 8));
  // A step of +255 in the first block, and one of -255 in the middle; 0 and the end in all others.
  scan.writeUInt16BE(0b10_1111_1111_0_00000);
  scan[Math.floor(scan.length / 2)] = 0b0100_0000;
  // Codes of one and two bits: no difference, and one of eight bits.
  const lengths = (one: number, two: number) => [one, two, ...Array<number>(14).fill(0)];
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, [0, ...Array<number>(64).fill(3)]),
    segment(0xc0, [8, ...short(height), ...short(width), 1, 1, 0x11, 0]),
    segment(0xc4, [0x00, ...lengths(1, 1), 0, 8]),
    segment(0xc4, [0x10, ...lengths(1, 0), 0]),
    segment(0xda, [1, 1, 0, 0, 63, 0]),
    scan,
    Buffer.from([0xff, 0xd9]),
  ]);
}

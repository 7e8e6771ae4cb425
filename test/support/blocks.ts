/** Pictures with one dark block in a known place, stored in every way that EXIF knows. */
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';

/** Of the picture as people see it, in pixels, and as the API says where it is. */
const UPRIGHT = { width: 400, height: 200 };
export const BLOCK = {
  left: 40,
  top: 20,
  width: 120,
  height: 60,
  box_2d: [100, 100, 400, 400],
} as const;

/** How upright pixels are stored so that an orientation turns them upright (EXIF 2.32, tag 274). */
const stored: Readonly<Record<number, (upright: Sharp) => Promise<Sharp>>> = {
  1: async (upright) => upright,
  2: async (upright) => upright.flop(),
  3: async (upright) => upright.rotate(180),
  4: async (upright) => upright.flip(),
  5: async (upright) => (await quarter(upright)).flop(),
  6: async (upright) => upright.rotate(270),
  7: async (upright) => (await quarter(upright)).flip(),
  8: async (upright) => upright.rotate(90),
};

/** Writes the picture as `1.png` to `8.png`, each stored as that orientation says; gives the names. */
export async function writeBlocks(folder: string): Promise<string[]> {
  const { left, top, width, height } = BLOCK;
  const block = { create: { width, height, channels: 3 as const, background: '#000' } };
  const upright = await sharp({ create: { ...UPRIGHT, channels: 3, background: '#fff' } })
    .composite([{ input: await sharp(block).png().toBuffer(), left, top }])
    .png()
    .toBuffer();
  const writing = Object.entries(stored).map(async ([orientation, store]) => {
    const lying = await (await store(sharp(upright))).png().toBuffer();
    const picture = sharp(lying).withMetadata({ orientation: Number(orientation) });
    await picture.png().toFile(join(folder, `${orientation}.png`));
    return `${orientation}.png`;
  });
  return Promise.all(writing);
}

/** The box around what is dark in the pixels as they are stored. */
export async function darkPixels(picture: string | Buffer) {
  // Unlike most readers, sharp does not turn pixels unless it is told to.
  const { data, info } = await sharp(picture)
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const dark = [...data.keys()].filter((at) => (data[at] ?? 255) < 128);
  const columns = dark.map((at) => at % info.width);
  const rows = dark.map((at) => Math.floor(at / info.width));
  const smallest = (values: number[]) => values.reduce((a, b) => Math.min(a, b));
  const largest = (values: number[]) => values.reduce((a, b) => Math.max(a, b));
  const [x, y] = [smallest(columns), smallest(rows)];
  return { x, y, width: largest(columns) - x + 1, height: largest(rows) - y + 1 };
}

/** sharp does not keep the order of turning and mirroring, so the first is done by itself. */
async function quarter(upright: Sharp): Promise<Sharp> {
  return sharp(await upright.rotate(90).png().toBuffer());
}

import type { Detection, LabelledBox } from '../../domain/box.js';
import type { OwnMark } from '../../domain/own-mark.js';
import { type Formatter, type OutputFormat, silent } from '../../output/formats.js';
import { jsonFormat, jsonlFormat } from '../../output/json-values.js';
import { oneColumn } from '../../output/safe-text.js';

const DESCRIPTION = 'Boxes around objects, found by gemini-image';

export const cocoMark: OwnMark = {
  what: 'a COCO file of gemini-image',
  begins: new RegExp(`^\\{\\s*"info":\\s*\\{\\s*"description":\\s*"${DESCRIPTION}"`),
  answer: /(?<!\\)"file_name":/g,
};

interface CocoImage {
  id: number;
  file_name: string;
  width: number;
  height: number;
  /** As in a record: how the stored pixels must be turned. */
  orientation?: number;
}

interface CocoAnnotation {
  id: number;
  image_id: number;
  category_id: number;
  bbox: [x: number, y: number, width: number, height: number];
  area: number;
  iscrowd: 0;
  segmentation: [];
}

/**
 * An annotation file in COCO's format for object detection: one JSON object, ids from 1, boxes in
 * pixels as stored. It includes pictures without boxes, but not those that failed.
 *
 * @param names the categories that come first, even if nothing of them was found, so that files
 *   about the same things can be joined.
 */
export function coco(names: readonly string[] = []): Formatter<Detection> {
  const images: CocoImage[] = [];
  const annotations: CocoAnnotation[] = [];
  const categories = new Map(names.map((name, index) => [name, index + 1]));
  const categoryOf = (label: string) => {
    const id = categories.get(label) ?? categories.size + 1;
    categories.set(label, id);
    return id;
  };
  const annotate = ({ label, box }: LabelledBox) => {
    const { x, y, width, height } = box;
    annotations.push({
      id: annotations.length + 1,
      image_id: images.length,
      category_id: categoryOf(label),
      bbox: [x, y, width, height],
      area: width * height,
      iscrowd: 0,
      segmentation: [],
    });
  };
  return {
    piece: () => '',
    record(record) {
      if (record.status === 'failed' || !('image' in record)) return '';
      const { image, width = 0, height = 0, orientation, data } = record;
      images.push({
        id: images.length + 1,
        file_name: image,
        width,
        height,
        ...(orientation !== undefined && { orientation }),
      });
      data?.boxes.forEach(annotate);
      return '';
    },
    end() {
      const info = { description: DESCRIPTION };
      const named = [...categories].map(([name, id]) => ({ id, name }));
      return `${JSON.stringify({ info, images, categories: named, annotations })}\n`;
    },
  };
}

/** `--format` of `detect`: how boxes are printed or saved. */
export const detectionFormats = {
  text: { create: boxLines },
  json: jsonFormat,
  jsonl: jsonlFormat,
  coco: { create: () => coco(), mark: cocoMark },
} as const satisfies Record<string, OutputFormat<Detection>>;

export type DetectionFormatName = keyof typeof detectionFormats;

/**
 * One line per box: `label<TAB>x<TAB>y<TAB>width<TAB>height`.
 *
 * @param several whether each line begins with the name of its picture.
 */
function boxLines(several: boolean): Formatter<Detection> {
  return {
    ...silent,
    record(record) {
      if (record.status === 'failed' || record.text === '') return '';
      const head = several && 'image' in record ? `${oneColumn(record.image)}\t` : '';
      return record.text
        .split('\n')
        .map((line) => `${head}${line}\n`)
        .join('');
    },
  };
}

import { BOX_SCALE } from '../../domain/box.js';
import type { OwnMark } from '../../domain/own-mark.js';
import { jsonValues } from '../../output/json-values.js';
import { answersInOwn } from '../../storage/own-output.js';
import type { AnsweredRow, PictureRow } from '../rows/picture-row.js';
import { boxesIn, wasSearched } from './boxes.js';
import { type Caption, captionsIn } from './captions.js';
import type { ExportFormat, ExportPlan } from './export-format.js';
import { NO_CAPTION, NOT_SEARCHED, TOGETHER } from './reasons.js';
import { isFileName, relativeName } from './relative-name.js';
import { imageOf } from './row-values.js';
import { eachRow, openTextExport } from './text-export.js';

const COCO_DESCRIPTION = 'Exported by gemini-image';

const cocoMark: OwnMark = {
  what: 'a COCO file of gemini-image',
  begins: new RegExp(
    `^\\{\\s*"info":\\s*\\{\\s*"description":\\s*"(?:${COCO_DESCRIPTION}|Boxes around objects, found by gemini-image)"`,
  ),
  answer: /(?<!\\)"file_name":/g,
};

interface Picture {
  image: string;
  /** In pixels as stored. */
  width: number;
  height: number;
  orientation?: number | undefined;
  row: AnsweredRow;
}

/** A picture of a row, with its size; undefined if it has none, or there are several. */
function pictureOf(plan: Pick<ExportPlan, 'leaveOut'>, row: PictureRow): Picture | undefined {
  if (row.status === 'failed') return undefined;
  const [picture, ...others] = row.pictures;
  if (picture === undefined || others.length > 0) {
    plan.leaveOut(imageOf(row), TOGETHER);
    return undefined;
  }
  const { image, width, height, orientation } = picture;
  if (width === undefined || height === undefined) {
    plan.leaveOut(imageOf(row), { one: 'has no size in pixels', many: 'have no size in pixels' });
    return undefined;
  }
  return { image, width, height, orientation, row };
}

export const coco: ExportFormat = {
  what: "COCO's annotations: of boxes, or of captions",
  options: ['columns', 'base', 'caption'],
  to: 'stdout',
  open: (plan) =>
    openTextExport(plan, () => {
      const { base } = plan.options;
      const annotationsOf = cocoAnnotations(plan);
      const imageOfRow = (row: PictureRow): object | undefined => {
        const picture = pictureOf(plan, row);
        if (picture === undefined) return undefined;
        if (annotationsOf(picture.row) === undefined) {
          plan.leaveOut(picture.image, hasBoxes(plan) ? NOT_SEARCHED : NO_CAPTION);
          return undefined;
        }
        const { image, width, height, orientation } = picture;
        // Its position in the ledger is an id that need not be remembered.
        return {
          ...{ id: row.position + 1, width, height },
          file_name: base === undefined ? image : relativeName(image, base),
          ...(orientation !== undefined && { orientation }),
        };
      };
      const images = listItems();
      return {
        begin: () => `{"info":${JSON.stringify({ description: COCO_DESCRIPTION })},"images":[`,
        ...eachRow((row) => {
          const image = imageOfRow(row);
          return image && images(image);
        }),
        end: () => cocoEnd(plan, annotationsOf),
        what: cocoMark.what,
        isOwn: async (path) => (await answersInOwn(path, cocoMark)) !== undefined,
      };
    }),
};

/** Whether the export is about boxes; whoever names columns means captions. */
function hasBoxes({ columns, options }: ExportPlan): boolean {
  return options.columns === undefined && columns.fieldNames().includes('boxes');
}

type Annotations = (row: AnsweredRow) => object[] | undefined;

/** The annotations of a picture; undefined if it was not looked at for them. */
function cocoAnnotations(plan: ExportPlan): Annotations {
  if (!hasBoxes(plan)) {
    const captionsOf = captionsIn(plan);
    return (row) => {
      const captions = captionsOf(row).map(({ text }) => ({ caption: text }));
      return captions.length === 0 ? undefined : captions;
    };
  }
  const categories = new Map(plan.columns.labels().map((label, index) => [label, index + 1]));
  return (row) =>
    wasSearched(row)
      ? boxesIn(row).map(({ label, box: { x, y, width, height } }) => ({
          category_id: categories.get(label),
          bbox: [x, y, width, height],
          area: width * height,
          iscrowd: 0,
          segmentation: [],
        }))
      : undefined;
}

/** What follows the images. The rows are read a second time, so that nothing is held in memory. */
async function* cocoEnd(plan: ExportPlan, annotationsOf: Annotations): AsyncGenerator<string> {
  const silent = { ...plan, leaveOut: () => {} };
  const item = listItems();
  let id = 0;
  yield '],"annotations":[';
  for await (const batch of plan.rows.batches(plan.signal)) {
    const pieces = batch.flatMap((row) => {
      const wanted = plan.chosen(row);
      const picture = wanted && pictureOf(silent, wanted);
      const found = picture && annotationsOf(picture.row);
      return (found ?? []).map((annotation) => {
        id += 1;
        return item({ id, image_id: row.position + 1, ...annotation });
      });
    });
    yield pieces.join('');
  }
  const categories = hasBoxes(plan)
    ? plan.columns.labels().map((name, index) => ({ id: index + 1, name }))
    : undefined;
  yield categories ? `],"categories":${JSON.stringify(categories)}}\n` : ']}\n';
}

/** The items of a JSON array, with a comma before all but the first. */
function listItems(): (item: object) => string {
  let separator = '\n';
  return (item) => {
    const text = separator + JSON.stringify(item);
    separator = ',\n';
    return text;
  };
}

const labelStudioMark: OwnMark = {
  what: 'a Label Studio file of gemini-image',
  begins: /^\s*\[\s*(?:\]|\{\s*"data":\s*\{\s*"image":\s*"(?:[^"\\]|\\.)*"\s*\},\s*"predictions":)/,
  answer: /(?<!\\)"predictions":/g,
};

/** What the parts of a labelling interface are called that the predictions are for. */
const IMAGE_TAG = 'image';
const LABEL_TAG = 'label';

export const labelStudio: ExportFormat = {
  what: 'tasks of Label Studio, with the answers as predictions',
  options: ['columns', 'base', 'caption'],
  to: 'stdout',
  open: (plan) =>
    openTextExport(plan, () => {
      const { value, end } = jsonValues(true);
      const captionsOf = captionsIn(plan);
      const withBoxes = plan.options.columns === undefined;
      return {
        begin: () => '',
        ...eachRow((row) => {
          const picture = pictureOf(plan, row);
          if (picture === undefined) return undefined;
          const result = [
            ...(withBoxes ? rectangles(picture) : []),
            ...captionsOf(picture.row).map(textArea),
          ];
          return value({
            data: { image: sourceOf(picture.image, plan.options.base) },
            predictions: [{ model_version: picture.row.newest.model, result }],
          });
        }),
        end,
        what: labelStudioMark.what,
        isOwn: async (path) => (await answersInOwn(path, labelStudioMark)) !== undefined,
      };
    }),
};

/** Where Label Studio finds a picture: an address, or a file below the folder that it serves. */
function sourceOf(image: string, base: string | undefined): string {
  if (!isFileName(image)) return image;
  const path = relativeName(image, base ?? '.');
  return `/data/local-files/?d=${path.split('/').map(encodeURIComponent).join('/')}`;
}

/** Orientations from here on swap width and height. */
const FIRST_SIDEWAYS = 5;

/** Boxes in percent of the upright picture, as a browser shows it. */
function rectangles({ width, height, orientation = 1, row }: Picture): object[] {
  const isSideways = orientation >= FIRST_SIDEWAYS;
  const size = {
    original_width: isSideways ? height : width,
    original_height: isSideways ? width : height,
    image_rotation: 0,
  };
  return boxesIn(row).map(({ label, normalized: [top, left, bottom, right] }, index) => ({
    id: `box${index + 1}`,
    ...{ from_name: LABEL_TAG, to_name: IMAGE_TAG, type: 'rectanglelabels' },
    ...size,
    value: {
      x: left / PER_PERCENT,
      y: top / PER_PERCENT,
      width: (right - left) / PER_PERCENT,
      height: (bottom - top) / PER_PERCENT,
      rotation: 0,
      rectanglelabels: [label],
    },
  }));
}

/** Boxes are normalized to thousandths. */
const PER_PERCENT = BOX_SCALE / 100;

function textArea({ name, text }: Caption): object {
  return {
    id: name,
    ...{ from_name: name, to_name: IMAGE_TAG, type: 'textarea' },
    value: { text: [text] },
  };
}

import { describe, expect, test } from 'vitest';
import type { Detection, LabelledBox } from '../../../src/domain/box.js';
import { GeminiImageError } from '../../../src/domain/error.js';
import { type CaptionRecord, errorRecord } from '../../../src/domain/record.js';
import { type DetectionFormatName, detectionFormats } from '../../../src/tasks/detect/formats.js';

const BOAT: LabelledBox = {
  label: 'boat',
  box: { x: 1, y: 2, width: 30, height: 40 },
  normalized: [10, 20, 30, 40],
};
const PERSON: LabelledBox = {
  label: 'person',
  box: { x: 5, y: 6, width: 7, height: 8 },
  normalized: [1, 2, 3, 4],
};

function ok(image: string, ...boxes: LabelledBox[]): CaptionRecord<Detection> {
  const lines = boxes.map(({ label, box: { x, y, width, height } }) =>
    [label, x, y, width, height].join('\t'),
  );
  return {
    image,
    status: 'ok',
    text: lines.join('\n'),
    data: { boxes, dropped: 0 },
    finishReason: 'STOP',
    model: 'm',
    mimeType: 'image/png',
    width: 100,
    height: 80,
    size: 1,
    sha256: '0',
    sent: { mimeType: 'image/png', width: 100, height: 80, bytes: 1, changes: [] },
    request: 'r',
    durationMs: 1,
  };
}

function failed(image: string): CaptionRecord<Detection> {
  const error = new GeminiImageError({ kind: 'answer', message: 'no', partialText: '{"boxes": [' });
  return { image, status: 'failed', error: errorRecord(error) };
}

/** What a run of these records writes. */
function write(
  name: DetectionFormatName,
  several: boolean,
  ...records: CaptionRecord<Detection>[]
): string {
  const format = detectionFormats[name].create(several);
  return records.map((record) => format.record(record)).join('') + format.end();
}

describe('text', () => {
  test('of one picture is one line per box', () => {
    const text = write('text', false, ok('a', BOAT, PERSON));
    expect(text).toBe('boat\t1\t2\t30\t40\nperson\t5\t6\t7\t8\n');
  });

  test('of several pictures has the name of the picture first in each line', () => {
    const text = write('text', true, ok('a', BOAT, PERSON), ok('b\t\nb', BOAT));
    expect(text).toBe('a\tboat\t1\t2\t30\t40\na\tperson\t5\t6\t7\t8\nb b\tboat\t1\t2\t30\t40\n');
  });

  test.each([true, false])('is empty if nothing was found (several: %j)', (several) => {
    expect(write('text', several, ok('a'), failed('b'))).toBe('');
  });
});

describe('json and jsonl', () => {
  test('hold the records', () => {
    const records = [ok('a', BOAT), failed('b')];
    expect(JSON.parse(write('json', true, ...records))).toEqual(records);
    const lines = write('jsonl', true, ...records)
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(records);
  });
});

describe('coco', () => {
  test('holds pictures, categories and boxes, joined by their ids', () => {
    const text = write('coco', true, ok('a', PERSON, BOAT), failed('b'), ok('c'), ok('d', BOAT));
    const [width, height] = [100, 80];
    expect(JSON.parse(text)).toEqual({
      info: { description: expect.any(String) },
      images: [
        { id: 1, file_name: 'a', width, height },
        { id: 2, file_name: 'c', width, height },
        { id: 3, file_name: 'd', width, height },
      ],
      categories: [
        { id: 1, name: 'person' },
        { id: 2, name: 'boat' },
      ],
      annotations: [
        annotation(1, 1, 1, [5, 6, 7, 8]),
        annotation(2, 1, 2, [1, 2, 30, 40]),
        annotation(3, 3, 2, [1, 2, 30, 40]),
      ],
    });
    expect(text.endsWith('}\n')).toBe(true);
  });

  function annotation(id: number, image: number, category: number, bbox: readonly number[]) {
    const area = (bbox[2] ?? 0) * (bbox[3] ?? 0);
    const ids = { id, image_id: image, category_id: category };
    return { ...ids, bbox, area, iscrowd: 0, segmentation: [] };
  }

  test.each([[[]], [[failed('a')]]])('is whole without any picture', (records) => {
    const value: unknown = JSON.parse(write('coco', false, ...records));
    expect(value).toMatchObject({ images: [], categories: [], annotations: [] });
  });

  test('names categories like labels, whatever they are', () => {
    const labels = ['__proto__', 'constructor', 'Boat', 'boat'];
    const text = write('coco', false, ok('a', ...labels.map((label) => ({ ...BOAT, label }))));
    const { categories }: { categories: { name: string }[] } = JSON.parse(text);
    expect(categories.map(({ name }) => name)).toEqual(labels);
  });
});

import { describe, expect, test } from 'vitest';
import type { Detection } from '../../../src/domain/box.js';
import type { NamedPicture } from '../../../src/domain/record.js';
import { detectBrief } from '../../../src/tasks/detect/detect-brief.js';

const PICTURE: NamedPicture = {
  image: 'photo.jpg',
  mimeType: 'image/jpeg',
  width: 4000,
  height: 3000,
  size: 1,
  sha256: '0',
  sent: { mimeType: 'image/jpeg', width: 3072, height: 2304, bytes: 1, changes: ['shrunk'] },
};

const brief = detectBrief();

const answer = (...boxes: unknown[]) => JSON.stringify({ boxes });

function conclude(text: string | undefined, picture = PICTURE) {
  return brief.conclude?.([text], [picture]);
}

describe('judge', () => {
  test.each([
    answer(),
    answer({ label: 'boat', box_2d: [1, 2, 3, 4] }),
    // One that makes no sense is dropped, and spoils no others.
    answer({ label: 'boat', box_2d: 'here' }, 7, null, { label: 'boat', box_2d: [1, 2, 3, 4] }),
    `\n${answer()}\n`,
    `\`\`\`json\n${answer()}\n\`\`\``,
  ])('takes %j', (text) => {
    expect(brief.validate(text)).toMatchObject({ ok: true, text });
  });

  test.each([
    ['', /JSON/],
    ['Here they are: {"boxes": []}', /JSON/],
    ['```json\n{"boxes": []}\n``` Done.', /code fence/],
    ['{"boxes": [{"label": "boat", "box_2d": [1, 2', /JSON/],
    ['[]', 'it is no JSON object with an array "boxes"'],
    ['null', 'it is no JSON object with an array "boxes"'],
    [
      answer({ label: 'boat', box_2d: 'here' }, 7, null),
      'it names things, and none of their boxes makes sense',
    ],
    ['{"boxes": {}}', 'it is no JSON object with an array "boxes"'],
  ])('does not take %j', (text, problem) => {
    expect(brief.validate(text)).toEqual({ ok: false, problem: expect.stringMatching(problem) });
  });
});

describe('conclude', () => {
  test('gives pixels of the file, and one line per box', () => {
    const text = answer(
      { label: 'boat', box_2d: [250, 100, 500, 300] },
      { label: 'two people', box_2d: [0, 0, 1000, 1000] },
    );
    expect(conclude(text)).toEqual({
      text: 'boat\t400\t750\t800\t750\ntwo people\t0\t0\t4000\t3000',
      data: {
        boxes: [
          {
            label: 'boat',
            box: { x: 400, y: 750, width: 800, height: 750 },
            normalized: [250, 100, 500, 300],
          },
          {
            label: 'two people',
            box: { x: 0, y: 0, width: 4000, height: 3000 },
            normalized: [0, 0, 1000, 1000],
          },
        ],
        dropped: 0,
      },
    });
  });

  test('follows the orientation of the picture', () => {
    const lying = { ...PICTURE, width: 3000, height: 4000, orientation: 6 };
    const text = answer({ label: 'boat', box_2d: [0, 0, 100, 250] });
    // The upper left of what people see lies at the lower left of what is stored.
    expect(conclude(text, lying)).toMatchObject({ text: 'boat\t0\t3000\t300\t1000' });
  });

  test('drops and counts what makes no sense', () => {
    const text = answer(
      { label: 'boat', box_2d: [1, 2, 3] },
      { label: 'boat' },
      { label: ' \t', box_2d: [1, 2, 3, 4] },
      { label: 7, box_2d: [1, 2, 3, 4] },
      { box_2d: [1, 2, 3, 4] },
      { label: 'boat', box_2d: [5, 5, 5, 5] },
      null,
      'boat',
      { label: 'kept', box_2d: [900, 900, 100, 100] },
    );
    const { text: lines, data } = conclude(text) ?? {};
    expect(lines).toBe('kept\t400\t300\t3200\t2400');
    expect(data).toMatchObject({
      dropped: 8,
      boxes: [{ label: 'kept', normalized: [100, 100, 900, 900] }],
    });
  });

  test('a label stays on its line and in its column', () => {
    const label = '  red\tboat\r\nof\u2028Anna \u0007\ud800 ';
    const text = answer({ label, box_2d: [0, 0, 1000, 1000] });
    expect(conclude(text)?.text).toBe('red boat of Anna\t0\t0\t4000\t3000');
  });

  test.each([answer(), undefined])('without boxes there is no text: %j', (text) => {
    expect(conclude(text)).toEqual({ text: '', data: { boxes: [], dropped: 0 } });
  });
});

describe('numbers in another form than requested', () => {
  const boat = (...box_2d: unknown[]) => ({ label: 'boat', box_2d });
  const found = (...boxes: unknown[]) => conclude(answer(...boxes))?.data;
  const normalized = (...boxes: unknown[]) =>
    (found(...boxes) as Detection).boxes.map((box) => box.normalized);

  test('are read in quotes', () => {
    expect(normalized(boat('1', '2', ' 30', 40))).toEqual([[1, 2, 30, 40]]);
    expect(found(boat('1', '', '30', '40'), boat(1, 2, 3, 4))).toMatchObject({ dropped: 1 });
  });

  test('are converted from fractions if all boxes of the answer are fractions', () => {
    const all = [boat(0.1, 0.29, 0.5, 0.75), boat(0, 0, 1, 1)];
    expect(normalized(...all)).toEqual([
      [100, 290, 500, 750],
      [0, 0, 1000, 1000],
    ]);
    expect(found(...all)).toMatchObject({ convertedFrom: 'fractions', dropped: 0 });
  });

  test('are dropped and counted as fractions among others', () => {
    const some = [boat(0.1, 0.2, 0.5, 0.75), boat(10, 20, 500, 750)];
    expect(found(...some)).toMatchObject({ dropped: 1 });
    expect(normalized(...some)).toEqual([[10, 20, 500, 750]]);
    expect(found(...some)).not.toHaveProperty('convertedFrom');
  });

  test('are converted from pixels of the picture that was sent', () => {
    const all = [boat(1152, 1536, 2304, 3072), boat(0, 0, 576, 768)];
    expect(normalized(...all)).toEqual([
      [500, 500, 1000, 1000],
      [0, 0, 250, 250],
    ]);
    expect(found(...all)).toMatchObject({ convertedFrom: 'pixels', dropped: 0 });
  });

  test('are cut off or dropped if they exceed the pixels of the picture', () => {
    const beyond = [boat(0, 0, 5000, 5000), boat(4000, 4000, 5000, 5000)];
    expect(normalized(...beyond)).toEqual([[0, 0, 1000, 1000]]);
    expect(found(...beyond)).toMatchObject({ dropped: 1 });
    expect(brief.validate(answer(beyond[1]), [PICTURE]).ok).toBe(false);
  });

  test('are thousandths if they are only a little beyond the sides', () => {
    expect(normalized(boat(0, 0, 1003, 1010))).toEqual([[0, 0, 1000, 1000]]);
  });
});

test('equal boxes count once', () => {
  const boat = { label: 'boat', box_2d: [1, 2, 30, 40] };
  const { data } = conclude(answer(boat, boat, { ...boat, label: 'ship' })) ?? {};
  expect(data).toMatchObject({ dropped: 0, boxes: [{ label: 'boat' }, { label: 'ship' }] });
  expect((data as Detection).boxes).toHaveLength(2);
});

describe('if things are named', () => {
  const named = detectBrief({ what: 'Boats, dogs,Boats' });

  test('labels are those names', () => {
    expect(JSON.stringify(named.schema)).toContain('"enum":["Boats","dogs"]');
    expect(JSON.stringify(brief.schema)).not.toContain('enum');
  });

  test('a label in other capitals is the name', () => {
    const text = answer({ label: 'boats', box_2d: [0, 0, 1000, 1000] });
    expect(named.conclude?.([text], [PICTURE]).text).toBe('Boats\t0\t0\t4000\t3000');
  });
});

/** Good and bad answers of each style, judged as the model gave them. */
import { describe, expect, test } from 'vitest';
import type { StyleName } from '../../../src/tasks/describe/style-names.js';
import { briefOf, type OneBriefOptions } from '../../../src/tasks/describe/styled-prompt.js';
import { styles } from '../../../src/tasks/describe/styles.js';

/** What is made of an answer. */
function judged(text: string, options: OneBriefOptions) {
  return briefOf(options).validate(text);
}

/** What is wrong with an answer; undefined where nothing is. */
function problemOf(text: string, options: OneBriefOptions): string | undefined {
  const validation = judged(text, options);
  return validation.ok ? undefined : validation.problem;
}

const SENTENCE = 'Fishing boats lie in a quiet harbour at sunrise.';

/** Answers that keep to their style. */
const good: Record<Exclude<StyleName, 'tags'>, readonly string[]> = {
  caption: [
    SENTENCE,
    'Two boats. One dog.',
    "A gull sits at St. Mary's Pier. It looks at J. R. Smith and Dr. A. Jones of Boats Inc. in Maine.",
    'Dock No. 5 Pier East is closed. It opens at 5 p.m. On Sundays.',
    'The U.S. Navy moors a 3.5 m boat. Its draught is 0.8 m.',
    'A man waits… A boat comes. The sun sets... Slowly.',
    'A sign reads "Stop! Do not enter. Danger." above a gate. A dog sleeps.',
    'A poster says “Wow! What a day!” in red. Two people look at it.',
    'Am 3. Oktober liegen z. B. Boote der 2. Bundesliga im Hafen. Es regnet.',
    '港にボートが並ぶ。空は青い。',
    '看板に「ようこそ。お入りください。」と書かれている。犬が寝ている。',
    '港口停着几艘渔船。天空很蓝！',
    'Boats at dawn. A red one is the nearest! 🎉',
    'Line one\nline two without a stop',
    'नाव है। आकाश नीला है।',
    'A screenshot of code: 2**3**4, f(**one), f(**two), ** no ** and **** 1234 ****.',
    'Here is where boats rest.',
  ],
  alt: [
    'Red trawler "MARTA" at the quay.',
    '"Open" sign on a door beside "Closed"',
    '“Stop” sign by a road that says “Go”',
    '  A harbour with boats.\n',
    'é'.repeat(125),
    '🚤'.repeat(125),
    'Picture frame on a wall',
    'A woman holds a photo of her dog',
    'Images of boats on a wall of postcards',
    'Bildschirm mit einer Tabelle',
    'Screenshot of a settings page with the switch "Dark mode" on',
    "'Fisherman's Rest' inn, and a 'Vacancy' sign",
    'Fotografin am Hafen',
    'Imagen-Logo auf einem Schild',
  ],
  detailed: [
    `${SENTENCE} `.repeat(20),
    'First paragraph.\n\nSecond paragraph. 2. Bundesliga.',
    'The harbour is small: three boats lie in it.',
    '小さな港。船が三隻ある。カモメが飛ぶ。',
  ],
  title: [
    'Fishing Boats at Sunrise',
    'Boats of Marta Inc.',
    'Waiting for the Tide…',
    'Hafen bei Nacht: Boote und Lichter',
    '朝の港',
    'x'.repeat(80),
    'The "Marta"',
  ],
  ocr: [
    '',
    'MARTA',
    'FRESH FISH\n  Sat 7:00–11:00\n\n* closed on Sundays\n# 1',
    '**bold** text on a poster',
    'Sure! Why not? Here is our offer:',
    'Image of the week:\n"Boats"',
    'Transcript:\nQ. What is it?',
    'The text of the law applies: § 1',
    'No text messages while driving',
    '日本語\nテキスト',
  ],
  product: [
    'Wooden model of a boat with a red hull.',
    'Becher aus weißem Porzellan, rund, mit Henkel.',
  ],
  dataset: [
    'three fishing boats at a quay, red hull in front',
    'sign that reads "Maybe tomorrow", brick wall behind it',
    'a boat appears on the left, seamless sky, mayfly on a rope',
  ],
};

test.each(
  Object.entries(good).flatMap(([style, answers]) => answers.map((text) => [style, text] as const)),
)('%s takes %j', (style, text) => {
  expect(judged(text, { style: style as StyleName })).toEqual({
    ok: true,
    text: style === 'ocr' ? text : text.trim(),
  });
});

/** Answers that do not, with what is wrong. */
const bad: Record<Exclude<StyleName, 'tags'>, readonly (readonly [text: string, why: string])[]> = {
  caption: [
    ['Boats lie. Gulls cry. Men work.', 'it has 3 sentences, and 2 are the most'],
    ['Boats! Gulls? Men.', 'it has 3 sentences, and 2 are the most'],
    ['船がある。空は青い。犬もいる。', 'it has 3 sentences, and 2 are the most'],
    ['A sign says "Closed." A man waits. A dog sleeps.', 'it has 3 sentences, and 2 are the most'],
    ['Here is a caption: Boats.', 'it begins with "Here is a caption:"'],
    [
      'Here’s a caption for your image\n\nBoats.',
      'it begins with "Here’s a caption for your image"',
    ],
    ['Okay, here is the description:\nBoats.', 'it begins with "Okay, here is the description:"'],
    ['Sure! Boats in a harbour.', 'it begins with "Sure!"'],
    ['Certainly, boats.', 'it begins with "Certainly,"'],
    ['Caption: Boats.', 'it begins with "Caption:"'],
    ['Bildunterschrift: Boote.', 'it begins with "Bildunterschrift:"'],
    ['Hier ist eine Bildunterschrift:\nBoote.', 'it begins with "Hier ist eine Bildunterschrift:"'],
    ['Voici une légende : Des bateaux.', 'it begins with "Voici une légende :"'],
    ['Bien sûr ! Des bateaux.', 'it begins with "Bien sûr !"'],
    ['¡Claro! Aquí está la descripción: Barcos.', 'it begins with "¡Claro!"'],
    ['Aquí tienes un pie de foto: Barcos.', 'it begins with "Aquí tienes un pie de foto:"'],
    ['Ecco una didascalia: Barche.', 'it begins with "Ecco una didascalia:"'],
    ['Aqui está a legenda: Barcos.', 'it begins with "Aqui está a legenda:"'],
    ['以下は画像の説明です：港。', 'it begins with "以下は画像の説明です："'],
    ['# Harbour\nBoats.', 'it has a heading, and plain text is asked for'],
    ['- Boats\n- Gulls', 'it has a bullet list, and plain text is asked for'],
    ['1. Boats\n2. Gulls', 'it has a numbered list, and plain text is asked for'],
    ['A **red** boat.', 'it has bold words, and plain text is asked for'],
    ['***A*** boat.', 'it has bold words, and plain text is asked for'],
    ['这是**红色**的船。', 'it has bold words, and plain text is asked for'],
    ['```\nBoats.\n```', 'it has a code fence, and plain text is asked for'],
  ],
  alt: [
    ['x'.repeat(126), 'it has 126 characters, and 125 are the most'],
    ['🚤'.repeat(126), 'it has 126 characters, and 125 are the most'],
    // Two code points each, as the letter and its accent are apart.
    ['e\u0301'.repeat(63), 'it has 126 characters, and 125 are the most'],
    ['Boats\nin a harbour', 'it has a line break, and one line is asked for'],
    ['Boats\u2028in a harbour', 'it has a line break, and one line is asked for'],
    ['Image of boats', 'it begins with "Image of"'],
    ['AN IMAGE OF BOATS', 'it begins with "AN IMAGE OF"'],
    ['A picture of boats', 'it begins with "A picture of"'],
    ['photo of boats', 'it begins with "photo of"'],
    ['A photograph showing boats', 'it begins with "A photograph showing"'],
    ['This image shows boats', 'it begins with "This image shows"'],
    ['This is a picture of boats', 'it begins with "This is a picture of"'],
    ['The photo depicts boats', 'it begins with "The photo depicts"'],
    ['In this image, boats lie.', 'it begins with "In this image"'],
    ['A close-up photo of a boat', 'it begins with "A close-up photo of"'],
    ['Ein Bild von Booten', 'it begins with "Ein Bild von"'],
    ['Foto eines Hafens', 'it begins with "Foto eines"'],
    ['Das Bild zeigt Boote', 'it begins with "Das Bild zeigt"'],
    ['Auf dem Foto liegen Boote', 'it begins with "Auf dem Foto"'],
    ['Image d’un port', 'it begins with "Image d’"'],
    ['Une photo de bateaux', 'it begins with "Une photo de"'],
    ["L'image montre un port", 'it begins with "L\'image montre"'],
    ['Sur cette photo, un port', 'it begins with "Sur cette photo"'],
    ['Imagen de un puerto', 'it begins with "Imagen de"'],
    ['Una fotografi\u0301a que muestra barcos', 'it begins with "Una fotografía que"'],
    ['En la imagen hay barcos', 'it begins with "En la imagen"'],
    ["Un'immagine di un porto", 'it begins with "Un\'immagine di"'],
    ['Foto del porto', 'it begins with "Foto del"'],
    ['Nell’immagine ci sono barche', 'it begins with "Nell’immagine"'],
    ['Uma imagem de um porto', 'it begins with "Uma imagem de"'],
    ['A foto mostra barcos', 'it begins with "A foto mostra"'],
    ['Nesta imagem há barcos', 'it begins with "Nesta imagem"'],
    ['Alt text: boats', 'it begins with "Alt text:"'],
    ['alt="boats"', 'it begins with "alt="'],
    ['"Boats in a harbour"', 'it is in quotation marks'],
    ['“Boats in a harbour”', 'it is in quotation marks'],
    ['„Boote im Hafen“', 'it is in quotation marks'],
    ['„Schild mit “Halt” am Tor“', 'it is in quotation marks'],
    ['"Sign that reads "Stop" here"', 'it is in quotation marks'],
    ["'Fisherman's rest'", 'it is in quotation marks'],
    ['「港の船」', 'it is in quotation marks'],
    ['A **red** boat', 'it has bold words, and plain text is asked for'],
    [
      `Image of ${'x'.repeat(120)}`,
      'it has 129 characters, and 125 are the most; it begins with "Image of"',
    ],
  ],
  detailed: [
    [
      `Here is a detailed description:\n\n${SENTENCE}`,
      'it begins with "Here is a detailed description:"',
    ],
    [`## Overview\n${SENTENCE}`, 'it has a heading, and plain text is asked for'],
    [
      `${SENTENCE}\n* **Boats**: red`,
      'it has a bullet list and bold words, and plain text is asked for',
    ],
  ],
  title: [
    ['x'.repeat(81), 'it has 81 characters, and 80 are the most'],
    ['Boats at Sunrise.', 'it ends with a full stop'],
    ['朝の港。', 'it ends with a full stop'],
    ['"Boats at Sunrise"', 'it is in quotation marks'],
    ['«Le port»', 'it is in quotation marks'],
    ['Title: Boats', 'it begins with "Title:"'],
    ['# Boats', 'it has a heading, and plain text is asked for'],
    ['Boats\nGulls', 'it has a line break, and one line is asked for'],
  ],
  ocr: [
    ['```\nMARTA\n```', 'it is in a code fence'],
    ['```text\nMARTA\n```\n', 'it is in a code fence'],
    ['Here is the text:\nMARTA', 'it begins with "Here is the text:"'],
    [
      'Sure! Here is the transcribed text from the image:\n\nMARTA',
      'it begins with "Sure! Here is the transcribed text from the image:"',
    ],
    ['The text in the image reads: MARTA', 'it begins with "The text in the image reads:"'],
    ['Hier ist der Text:\nMARTA', 'it begins with "Hier ist der Text:"'],
  ],
  product: [
    ['A boat.\n\nIt is red.', 'it has a line break, and one line is asked for'],
    ['Product description: A boat.', 'it begins with "Product description:"'],
    ['- A boat', 'it has a bullet list, and plain text is asked for'],
  ],
  dataset: [
    ['An image of boats', 'it begins with "An image of"'],
    ['This image shows boats', 'it begins with "This image shows"'],
    ['boats\nharbour', 'it has a line break, and one line is asked for'],
    ...[
      'appears to',
      'appear to',
      'seems',
      'Possibly',
      'probably',
      'perhaps',
      'maybe',
      'might be',
      'likely',
      'suggests',
      'suggesting',
      'presumably',
    ].map((words) => [`boat, ${words} be red`, `it speculates with "${words}"`] as const),
  ],
};

test.each(
  Object.entries(bad).flatMap(([style, answers]) =>
    answers.map(([text, why]) => [style, text, why] as const),
  ),
)('%s refuses %j', (style, text, why) => {
  expect(problemOf(text, { style: style as StyleName })).toBe(why);
});

test.each(Object.keys(styles) as StyleName[])(
  'no text is no answer, but of a copy: %s',
  (style) => {
    for (const text of ['', ' \n']) {
      const validation = judged(text, { style });
      expect(validation.ok).toBe(style === 'ocr');
      if (validation.ok) expect(validation.text).toBe('');
    }
  },
);

test.each([
  'There is no text in the image.',
  'There is no text in this image.',
  'There is no visible text.',
  "There isn't any text in the picture.",
  'There are no words in this photo.',
  '[No visible text]',
  'No text detected',
  'No text is visible in the image.',
  '[no text]',
  '(empty)',
  '[None].',
  '(There is no visible text here)',
  'The image does not contain any readable text.',
])('a transcript that says %j means that there is no text', (text) => {
  expect(judged(text, { style: 'ocr' })).toEqual({ ok: true, text: '' });
});

test.each(['NO TEXTING', 'There is no text in the image of the prophet', 'NO WORDS\nNO WAR'])(
  '%j is a text to copy',
  (text) => {
    expect(judged(text, { style: 'ocr' })).toEqual({ ok: true, text });
  },
);

test('a transcript is left as it is, to the last space', () => {
  const text = '  MARTA \r\n\tFISH  \n';
  expect(judged(text, { style: 'ocr' })).toEqual({ ok: true, text });
});

describe('without a style', () => {
  test('the answer is taken as it is', () => {
    const text = ` Here is a caption:\n# ${SENTENCE.repeat(9)} `;
    expect(judged(text, {})).toEqual({ ok: true, text });
    expect(judged(text, { prompt: 'Why?' })).toEqual({ ok: true, text });
  });

  test('but a limit of words applies', () => {
    expect(problemOf('one two three', { maxWords: 2 })).toBe('it has 3 words, and 2 are the most');
    expect(problemOf('one two', { prompt: 'Why?', maxWords: 1 })).toBe(
      'it has 2 words, and 1 is the most',
    );
  });
});

describe('tags', () => {
  const tags = (values: unknown, lang?: string) =>
    judged(JSON.stringify(values), { style: 'tags', lang });
  const problem = (values: unknown) => problemOf(JSON.stringify(values), { style: 'tags' });
  const many = (count: number) => Array.from({ length: count }, (_, at) => `tag ${at}`);

  test('are made lower case, with single spaces, and distinct', () => {
    expect(
      tags([
        ' Harbour',
        'fishing  \t boats',
        'HARBOUR',
        'Quay',
        'ÉTÉ',
        'e\u0301te\u0301',
        '⛵',
        'sea',
      ]),
    ).toEqual({
      ok: true,
      text: 'harbour, fishing boats, quay, été, ⛵, sea',
      data: ['harbour', 'fishing boats', 'quay', 'été', '⛵', 'sea'],
    });
  });

  test('are made lower case as their language does', () => {
    const words = ['ILIK', 'b', 'c', 'd', 'e'];
    expect(tags(words, 'tr')).toMatchObject({ text: 'ılık, b, c, d, e' });
    expect(tags(words)).toMatchObject({ text: 'ilik, b, c, d, e' });
  });

  test.each([5, 15])('may be %i', (count) => {
    expect(tags(many(count))).toEqual({
      ok: true,
      text: many(count).join(', '),
      data: many(count),
    });
  });

  test.each<[unknown, string]>([
    [many(4), 'it has 4 tags, and 5 are the fewest'],
    [[], 'it has 0 tags, and 5 are the fewest'],
    [many(16), 'it has 16 tags, and 15 are the most'],
    [[...many(4), 'TAG 0'], 'it has 4 different tags, and 5 are the fewest'],
    [[...many(5), ' '], 'it has an empty tag'],
    [[...many(5), 'a, b'], 'it has a tag with a comma, "a, b"'],
    [[...many(5), 'a\nb'], 'it has a tag with a line break'],
    [[...many(5), 'x'.repeat(61)], 'it has a tag of 61 characters, and 60 are the most'],
    [[...many(5), 6], 'it is not a JSON array of strings'],
    [{ tags: many(5) }, 'it is not a JSON array of strings'],
    ['a, b, c, d, e', 'it is not a JSON array of strings'],
    [null, 'it is not a JSON array of strings'],
  ])('%j is refused', (values, why) => {
    expect(problem(values)).toBe(why);
  });

  test.each([
    '```json\n["a","b","c","d","e"]\n``` Done.',
    'Tags: ["a"]',
    '["a", "b"',
    'a, b, c, d, e',
  ])('%j is not JSON', (text) => {
    expect(problemOf(text, { style: 'tags' })).toMatch(/^it .*\bJSON\b/);
  });

  test('sixteen are too many, unless one occurs twice', () => {
    expect(tags([...many(15), 'Tag 0'])).toMatchObject({ ok: true, data: many(15) });
  });
});

describe('alt text with a description', () => {
  const long = { style: 'alt', long: true } as const;
  const answer = (alt: unknown, description: unknown) => JSON.stringify({ alt, description });

  test('becomes both texts, and an object', () => {
    expect(judged(answer(' Boats at a quay ', 'Three boats.\n\nA quay. '), long)).toEqual({
      ok: true,
      text: 'Boats at a quay\n\nThree boats.\n\nA quay.',
      data: { alt: 'Boats at a quay', description: 'Three boats.\n\nA quay.' },
    });
  });

  test('has no other fields', () => {
    const text = JSON.stringify({ alt: 'Boats', description: 'Boats.', mood: 'calm' });
    expect(judged(text, long)).toMatchObject({ data: { alt: 'Boats', description: 'Boats.' } });
    expect(judged(text, long)).not.toHaveProperty('data.mood');
  });

  test.each<[string, string]>([
    [answer('Image of boats', 'Boats.'), 'of alt, it begins with "Image of"'],
    [answer('', 'Boats.'), 'of alt, it is empty'],
    [answer('Boats', ' '), 'of description, it is empty'],
    [
      answer('x'.repeat(126), '# Boats'),
      'of alt, it has 126 characters, and 125 are the most; ' +
        'of description, it has a heading, and plain text is asked for',
    ],
    [answer('Boats', 7), 'it is not a JSON object of the texts alt and description'],
    ['["Boats", "Boats."]', 'it is not a JSON object of the texts alt and description'],
    ['null', 'it is not a JSON object of the texts alt and description'],
    ['{"alt":"Boats"}', 'it is not a JSON object of the texts alt and description'],
  ])('%j is refused', (text, why) => {
    expect(problemOf(text, long)).toBe(why);
  });

  test('a limit of words applies to the description', () => {
    const limited = { ...long, maxWords: 3 };
    expect(problemOf(answer('Alt text of five words', 'One two three.'), limited)).toBeUndefined();
    expect(problemOf(answer('Boats', 'One two three four.'), limited)).toBe(
      'of description, it has 4 words, and 3 are the most',
    );
  });
});

describe('words are counted', () => {
  test.each<[text: string, words: number, lang?: string]>([
    ["St. Mary's — a pier (old), 3.5 m 🚤 long…", 8],
    ['Grüße, liebe Welt!', 3, 'de'],
    ['港にボートが並ぶ', 5, 'ja'],
    ['เรืออยู่ในท่า', 4, 'th'],
    ['e\u0301te\u0301 mer', 2, 'fr'],
    // Of a language that no dictionary is at hand for.
    ['one two', 2, 'tlh'],
  ])('in %j', (text, words, lang) => {
    const limit = (maxWords: number) => ({ maxWords, lang });
    expect(problemOf(text, limit(words))).toBeUndefined();
    expect(problemOf(text, limit(words - 1))).toMatch(`it has ${words} words, and ${words - 1} `);
  });
});

test('a validator takes any text, and is fast', () => {
  const odd = ['\ud800', '\0', '"', '{', '[[', '**', '```', '…', 'a. ', '1. a\n', '**a ', ' \n'];
  const marks = ['“', '„', '«', '»', '‹', '‘', '「', '『'];
  for (const style of Object.keys(styles) as StyleName[]) {
    for (const text of odd) expect(judged(text, { style })).toHaveProperty('ok');
    // What is looked for again from each mark on takes minutes here.
    for (const mark of [...odd, ...marks]) {
      expect(judged(`${mark.repeat(20_000)}x`, { style })).toHaveProperty('ok');
    }
  }
});

/** Images that the front matter of Markdown names, in YAML and in TOML. */
import { expect, test } from 'vitest';
import { spliced } from '../../src/pages/page-image.js';
import { imagesOfPage } from '../../src/pages/read/read-page.js';

const read = (text: string) => imagesOfPage('a.md', text, { wiki: false, frontMatter: true });

/** The image of each source, what it says now, and the page with another text. */
async function told(text: string, alt = 'A "boat"') {
  const images = await read(text);
  const after = spliced(
    text,
    images.flatMap((image) => image.edits(alt)),
  );
  const again = (await read(after)).map((image) => image.alt);
  const sources = images.map(({ source }) =>
    source.kind === 'address' ? source.choices[0] : source.kind,
  );
  return { sources, alts: images.map((image) => image.alt), after, again };
}

const text = (words: string) => ({ kind: 'text', text: words });

test('TOML: a text beside its image is added or replaced, and nothing else', async () => {
  const page =
    '+++\r\ntitle = "A day" # in May\r\n  image = \'img/a b.png\' # its picture\r\ndraft = true\r\n' +
    'cover = "c.png"\r\ncover_alt = "photo" # to do\r\n+++\r\n# T\r\n\r\n![](d.png)\r\n';
  const { sources, alts, after, again } = await told(page);
  expect(sources).toEqual(['img/a b.png', 'c.png', 'd.png']);
  expect(alts).toEqual([{ kind: 'absent' }, text('photo'), text('')]);
  expect(after).toBe(
    page
      .replace('its picture\r\n', 'its picture\r\n  image_alt = "A \\"boat\\""\r\n')
      .replace('"photo"', '"A \\"boat\\""')
      .replace('![](', '![A "boat"]('),
  );
  expect(again).toEqual([text('A "boat"'), text('A "boat"'), text('A "boat"')]);
  expect((await read(page)).at(-1)?.context).toMatchObject({ title: 'A day', headings: ['T'] });
});

test('TOML: a table has its text in alt; other tables, lists and long texts are none', async () => {
  const page =
    '+++\nlang = "de"\nsummary = """\nimage = "no.png"\n"""\n[[resources]]\nimage = "no.png"\n' +
    '[cover]\nimage = "c.png"\nalt = ""\n[params]\nimage = "no.png"\n+++\n\nText\n';
  const { sources, after, again } = await told(page);
  expect(sources).toEqual(['c.png']);
  expect(after).toBe(page.replace('alt = ""', 'alt = "A \\"boat\\""'));
  expect(again).toEqual([text('A "boat"')]);
  const computed = await told('+++\nimage = { src = "a.png" }\ncover = """a.png"""\n+++\n');
  expect(computed.sources).toEqual(['computed', 'computed']);
  expect((await read(page))[0]?.context).toMatchObject({ lang: 'de' });
});

test('YAML: flat and nested, with and without quotes', async () => {
  const page =
    '---\ntitle: A\nimage: "a.png" # its picture\ncover:\n  src: c.png\n  alt: \'photo of\'\nother:\n' +
    '  image: no.png\n---\n\nText\n';
  const { sources, after, again } = await told(page, "It's: a boat");
  expect(sources).toEqual(['a.png', 'c.png']);
  expect(after).toBe(
    page
      .replace('its picture\n', 'its picture\nimage_alt: "It\'s: a boat"\n')
      .replace("'photo of'", '"It\'s: a boat"'),
  );
  expect(again).toEqual([text("It's: a boat"), text("It's: a boat")]);
});

import { usageError } from '../../domain/error.js';

/** A language to answer in. */
export interface Language {
  /** The BCP 47 tag in its canonical form, such as `pt-BR`. */
  readonly tag: string;
  /** Its name in English; the tag itself if the name is not known. */
  readonly name: string;
}

/**
 * Reads a BCP 47 tag. An unknown language is accepted: the model may know it.
 *
 * @throws GeminiImageError of kind `usage` if the text is not such a tag.
 */
export function parseLanguage(tag: string): Language {
  const canonical = canonicalTag(tag);
  // DisplayNames does not accept extensions such as `-u-nu-latn`.
  const { baseName } = new Intl.Locale(canonical);
  const name = new Intl.DisplayNames(['en'], { type: 'language' }).of(baseName);
  return { tag: canonical, name: name ?? canonical };
}

/** The most letters that a registered language code has (ISO 639). */
const LONGEST_LANGUAGE = 3;

function canonicalTag(tag: string): string {
  try {
    const locale = new Intl.Locale(tag);
    // Longer codes are well-formed, but none is registered: they are names, such as `german`.
    if (locale.language.length > LONGEST_LANGUAGE) throw new RangeError('a name, not a tag');
    return locale.toString();
  } catch (cause) {
    throw usageError(
      `${JSON.stringify(tag)} is no language tag`,
      'Give a BCP 47 tag, such as de, pt-BR or zh-Hant.',
      cause,
    );
  }
}

/** The sentence that asks the model for this language. */
export function languageSentence({ tag, name }: Language): string {
  const language = name === tag ? `the language with the BCP 47 tag ${tag}` : `${name} (${tag})`;
  return (
    `Answer in ${language}. Text that is inside the image stays as it is, ` +
    'in quotation marks and untranslated.'
  );
}

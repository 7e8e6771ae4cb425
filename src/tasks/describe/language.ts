import { usageError } from '../../domain/error.js';

/** A language to answer in. */
export interface Language {
  /** The BCP 47 tag in its canonical form, such as `pt-BR`. */
  readonly tag: string;
  /** Its name in English; the tag itself where the language is not known here. */
  readonly name: string;
}

/**
 * Reads a BCP 47 tag. A language that is not known here is let through: the model may know it.
 *
 * @throws GeminiImageError of kind `usage` where it is no tag.
 */
export function parseLanguage(tag: string): Language {
  const canonical = canonicalTag(tag);
  // DisplayNames takes no extensions, as `-u-nu-latn` is one.
  const { baseName } = new Intl.Locale(canonical);
  const name = new Intl.DisplayNames(['en'], { type: 'language' }).of(baseName);
  return { tag: canonical, name: name ?? canonical };
}

/** Letters of a language in a tag (ISO 639). */
const LONGEST_LANGUAGE = 3;

function canonicalTag(tag: string): string {
  try {
    const locale = new Intl.Locale(tag);
    // Longer ones are well-formed, and none is registered: they are names, such as `german`.
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

/** The sentence that asks for it. */
export function languageSentence({ tag, name }: Language): string {
  const language = name === tag ? `the language with the BCP 47 tag ${tag}` : `${name} (${tag})`;
  return (
    `Answer in ${language}. Text that is inside the image stays as it is, ` +
    'in quotation marks and untranslated.'
  );
}

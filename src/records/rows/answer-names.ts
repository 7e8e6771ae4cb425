/** A text, a list of texts, or an object such as that of `alt --long`. */
export type AnswerValue = string | readonly string[] | Readonly<Record<string, unknown>>;

/** What an answer to a question without a style is called. */
const UNNAMED = 'text';

/** One answer of a record, before it has its name among those of the ledger. */
export interface AnswerPart {
  /** Undefined if the question had no style. */
  style: string | undefined;
  lang: string | undefined;
  /** The first words of the prompt, if there is no style: they tell one question from another. */
  prompt: string | undefined;
  value: AnswerValue;
}

type Question = Omit<AnswerPart, 'value'>;

/**
 * What the answers of a ledger are called: by their style (`alt`), and where one was asked for in
 * several languages, by both (`alt.de`). Answers without a style are `text`; if there are several such
 * questions, those after the first are called by the first words of their prompts.
 */
export class AnswerNames {
  /** By language, style and prompt, in the order in which the ledger has them. */
  readonly #questions = new Map<string, Question>();
  /** Made anew after each new question. */
  #names: Map<string, string> | undefined;
  #order: Map<string, number> = new Map();
  /** The name, if there is one question only. */
  #only: string | undefined;

  /** Notes that the ledger has such an answer. */
  add({ style, lang, prompt }: Question): void {
    const key = keyOf(style, lang, prompt);
    if (this.#questions.has(key)) return;
    this.#questions.set(key, { style, lang, prompt });
    this.#names = undefined;
    this.#only = this.#questions.size === 1 ? this.#namesByKey().get(key) : undefined;
  }

  /** All names, in the order in which the ledger has them. */
  all(): string[] {
    return [...new Set(this.#namesByKey().values())];
  }

  /** The name of an answer that was added before. */
  of({ style, lang, prompt }: AnswerPart): string {
    if (this.#only !== undefined) return this.#only;
    const name = this.#namesByKey().get(keyOf(style, lang, prompt));
    if (name === undefined) throw new Error('an answer that was not added');
    return name;
  }

  /** The same answers in the order in which the ledger has their names. */
  sorted<Value>(answers: ReadonlyMap<string, Value>): Map<string, Value> {
    const at = (name: string) => this.#order.get(name) ?? 0;
    return new Map([...answers].sort(([one], [other]) => at(one) - at(other)));
  }

  #namesByKey(): Map<string, string> {
    this.#names ??= this.#made();
    return this.#names;
  }

  #made(): Map<string, string> {
    const questions = [...this.#questions];
    const prompts = [...new Set(questions.flatMap(([, { prompt }]) => prompt ?? []))];
    const bases = questions.map(([, { style, prompt }]) => {
      if (style !== undefined) return style;
      return prompt === undefined || prompt === prompts[0] ? UNNAMED : prompt;
    });
    const names = new Map<string, string>();
    for (const [index, [key, { lang }]] of questions.entries()) {
      const base = bases[index] ?? UNNAMED;
      const langs = questions
        .filter((_, other) => bases[other] === base)
        .map(([, one]) => one.lang);
      const isOfSeveral = new Set(langs).size > 1;
      names.set(key, isOfSeveral && lang !== undefined ? `${base}.${lang}` : base);
    }
    this.#order = new Map([...new Set(names.values())].map((name, index) => [name, index]));
    return names;
  }
}

function keyOf(style = '', lang = '', prompt = ''): string {
  return `${lang}\0${style}\0${prompt}`;
}

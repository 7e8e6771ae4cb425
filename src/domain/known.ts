/** The kinds of facts about a picture that a question may tell, in the order of the prompt. */
export const KNOWN_KINDS = ['people', 'place', 'date', 'title', 'keywords', 'folder'] as const;
export type KnownKind = (typeof KNOWN_KINDS)[number];

/** What is known about a picture before it is looked at, from its own metadata and its name. */
export interface Known {
  /** The names of people. */
  people?: readonly string[];
  /** From the small to the large, such as `Alte Liebe, Cuxhaven, Germany`. */
  place?: string;
  /** When it was taken: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`. */
  date?: string;
  title?: string;
  keywords?: readonly string[];
  /** The name of its folder. */
  folder?: string;
}

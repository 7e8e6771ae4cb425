import type { ProgramListener } from '../domain/events.js';
import type { KnownKind } from '../domain/known.js';
import type { ModelSettings, Tier } from '../domain/model-settings.js';
import type { ProxySettings } from '../domain/proxy.js';
import type { Status } from '../pages/status.js';
import type { BriefOptions } from '../tasks/describe/styled-prompt.js';
import type { VocabularyPaths } from '../tasks/describe/vocabulary/vocabulary.js';
import type { SchemaFor } from './schema.js';

/** Options of a client that each of its calls may set otherwise. */
export interface CallDefaults extends ModelSettings {
  /** `gemini-3.5-flash-lite` by default. */
  model?: string | undefined;
  /** The longest side that is sent, in pixels: 3072 by default (HEIC: any), 0 for any. */
  maxEdge?: number | undefined;
  /**
   * What transparent pictures are laid on: a colour such as `white` or `#336699`, or `keep`. By
   * default white, and a grey where white would hide what is drawn.
   */
  background?: string | undefined;
  /** Sends EXIF, XMP, IPTC and comments too. */
  keepMetadata?: boolean | undefined;
  /** Sends the file byte for byte. Its type must be one that Gemini takes. */
  original?: boolean | undefined;
  /** Sends what can be decoded of a picture that is cut off or damaged. */
  damaged?: boolean | undefined;
  /** How long one picture may be decoded, in milliseconds: 30,000 by default, an SVG 10,000. */
  decodeTimeoutMs?: number | undefined;
  /** Megabytes to decode a picture with: a quarter of the machine's by default, at most 2000. */
  decodeMemoryMb?: number | undefined;
  /** Also fetches pictures from private, loopback and link-local addresses. */
  allowPrivateHosts?: boolean | undefined;
  /** A folder in which answers are kept, and taken from when the same is asked again. */
  cache?: string | undefined;
  /** Called with what happens on the way, such as warnings and retries. It must not throw. */
  onEvent?: ProgramListener | undefined;
}

/** How a client reaches the service. Its calls share this. */
export interface ClientOptions extends CallDefaults {
  /** The Gemini API key. It is sent only to the origin of the base URL. */
  apiKey: string;
  /** Another address of the API: https, or http on loopback. */
  baseUrl?: string | undefined;
  /**
   * For one attempt, in milliseconds; for a stream, the longest silence. 120,000 by default, and
   * 600,000 with the tier `flex`.
   */
  timeoutMs?: number | undefined;
  /**
   * How many times a failure that may pass is retried: 6 by default, 4 for `describeImage`. If it is
   * left out, a limit (429) that may pass is waited for up to ten minutes, and `onEvent` is told.
   */
  retries?: number | undefined;
  /** The library reads no environment variable for this. */
  proxy?: ProxySettings | undefined;
  /**
   * Lets Google keep the picture and the answer if your project's settings say so; without it, each
   * request asks Google not to.
   */
  store?: boolean | undefined;
  /** `flex` costs half, may take minutes and may be refused at any time; `priority` costs more. */
  tier?: Tier | undefined;
  /** Asks once at the standard price if flex has had no room for an hour, or gave no answer in time. */
  tierFallback?: boolean | undefined;
  /** At most so many requests a minute, for all calls of the client together. */
  rpm?: number | undefined;
  /** At most so many input tokens a minute, for all calls of the client together. */
  tpm?: number | undefined;
}

/** The options of a client, checked, and with what is left out filled in. */
export interface CheckedClient extends Omit<ClientOptions, 'apiKey' | 'baseUrl' | 'model'> {
  apiKey: string;
  baseUrl: string;
  model: string;
}

/** Options of one call. */
export interface CallOptions extends CallDefaults {
  /** Aborting it ends the work with an error of kind `interrupted`. */
  signal?: AbortSignal | undefined;
}

/** What is asked about a picture. */
export interface DescribeOptions<Data = unknown> extends CallOptions, Omit<BriefOptions, 'vocab'> {
  /**
   * What the answer looks like: a JSON Schema, or a validator that gives its own, as those of zod,
   * valibot and arktype do. `data` of the description is then the value of the answer.
   */
  schema?: SchemaFor<Data> | undefined;
  /** The same in the short form, such as `title, tags[], people:int`. */
  fields?: string | undefined;
  /**
   * With the style `tags`, the words that tags may be: the lines of a list, or its whole text, as in
   * `animals > dogs > terrier` and `boat = ship, vessel`.
   */
  vocab?: string | readonly string[] | undefined;
  /** Whether a tag is the word alone (`leaf`, the default) or each word of its path (`all`). */
  vocabPaths?: VocabularyPaths | undefined;
  /**
   * Facts that the model is told from the metadata of the picture and from its sidecars: `people`,
   * `place`, `date`, `title`, `keywords` and `folder`. Only files have any.
   */
  know?: readonly KnownKind[] | undefined;
}

export interface DescribeManyOptions<Data = unknown> extends DescribeOptions<Data> {
  /** How many pictures are asked about at once, 8 by default. */
  concurrency?: number | undefined;
  /** Whether records come in the order of the pictures, and not as they are finished. */
  inOrder?: boolean | undefined;
  /**
   * A JSON Lines file to which each record is added. What it knows already is not asked again: its
   * records are given too, without `usage`, and with a `costUsd` of 0.
   */
  ledger?: string | undefined;
  /** Ends the run before a call that might cost more than this in total, in US dollars. */
  maxCostUsd?: number | undefined;
  /** At most so many requests a minute for these pictures. */
  rpm?: number | undefined;
  /** At most so many input tokens a minute for these pictures. */
  tpm?: number | undefined;
}

export interface CheckOptions extends CallOptions {
  /** How many times each question is asked, 1 by default: the majority decides. */
  votes?: number | undefined;
}

/** Options of `altText`; those without a word here are those of the command `alt`. */
export interface AltTextOptions
  extends CallOptions,
    Pick<DescribeManyOptions, 'concurrency' | 'ledger' | 'maxCostUsd' | 'rpm' | 'tpm'> {
  /** Only looks for them: nothing is asked, and no key is needed. */
  check?: boolean | undefined;
  /** Judges the texts that are there. */
  audit?: boolean | undefined;
  /** Writes the pages, of which every other byte stays; without it, the diffs tell what would change. */
  write?: boolean | undefined;
  /** Which images are meant: `missing` and `placeholder` by default, and all of an audit. */
  only?: readonly Status[] | undefined;
  /** Whether `alt=""` is taken for missing. */
  empty?: boolean | undefined;
  /** The language of the texts; by default that of each page. */
  lang?: string | undefined;
  /** So many questions are asked at most; what is known already does not count. */
  limit?: number | undefined;
  /** Globs of what is left out. */
  exclude?: readonly string[] | undefined;
  /** A file that lists pages and pictures to leave out, as `.gitignore` does. */
  ignoreFile?: string | undefined;
  /** Whether hidden files, and what `.gitignore` names, are looked at too. */
  includeAll?: boolean | undefined;
  /** Whether `![[x.png]]` is an image in Markdown. */
  wiki?: boolean | undefined;
  /** Whether the front matter of Markdown names images. */
  frontMatter?: boolean | undefined;
  /** The folder that `/` means in addresses. */
  root?: string | undefined;
  /** What stands before such addresses on the site, such as `/blog`; `--baseurl` of the command. */
  siteBase?: string | undefined;
  /** Whether pictures outside of the folder of the pages, or its repository, are read. */
  allowOutside?: boolean | undefined;
}

export interface FindOptions {
  /** Whether sub-folders are entered; `**` in a glob enters them anyway. */
  recursive?: boolean | undefined;
  /** Globs of files and folders to leave out. */
  exclude?: readonly string[] | undefined;
  /** Whether hidden files and folders, and those of programs and systems, are looked at too. */
  includeAll?: boolean | undefined;
  /** Whether links in folders are followed also to what lies outside of the folder. */
  follow?: boolean | undefined;
  /** Whether a camera's raw file is taken although its JPEG or HEIC lies beside it. */
  raw?: boolean | undefined;
  /** Whether PDF documents in folders are taken too. */
  pdf?: boolean | undefined;
  /**
   * Which pages of a TIFF are pictures of their own: `first` (the default: the file as a whole), `all`,
   * or such as `2-5` and `1,4-`.
   */
  pages?: string | undefined;
  /**
   * Yields groups, each for one question: `folder`, or a pattern such as `{stem}-front,{stem}-back`.
   */
  group?: string | undefined;
  /** A file with a path or URL a line. */
  filesFrom?: string | undefined;
  /** Zero bytes instead of newlines separate the names in that file. */
  nulSeparated?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** How an emulator behaves. */
export interface EmulatorOptions
  extends Pick<import('../emulator/emulator.js').EmulatorOptions, 'answers' | 'fail'> {
  /** Milliseconds before every answer, 0 by default. */
  latency?: number | undefined;
  /** Where to listen on 127.0.0.1; 0, the default, is any free port. */
  port?: number | undefined;
}

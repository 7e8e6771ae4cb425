import type { Detection } from '../domain/box.js';
import { GeminiImageError } from '../domain/error.js';
import type { OkRecord } from '../domain/record.js';
import { DEFAULT_BASE_URL, parseBaseUrl } from '../gemini/base-url.js';
import { cleanKey } from '../gemini/key.js';
import { DEFAULT_MODEL, parseModel } from '../gemini/models.js';
import type { CheckResult } from '../tasks/check/verdict.js';
import type { AltTexts } from './alt-text.js';
import { checkOptions } from './check-options.js';
import { thrownInOptions } from './option-words.js';
import type {
  AltTextOptions,
  CallOptions,
  CheckedClient,
  CheckOptions,
  ClientOptions,
  DescribeManyOptions,
  DescribeOptions,
} from './options.js';
import type { GroupInputs, ImageInput, ImageInputs, JointInput } from './picture.js';
import type { DescribedGroup, DescribedRecord, Description, JointDescription } from './records.js';
import { type DescriptionStream, streaming } from './stream.js';

/** Asks about pictures. All calls of a client share its pace. */
export interface GeminiImage {
  /**
   * Describes one picture.
   *
   * @throws GeminiImageError; if the picture has a name, its message begins with it.
   */
  describe<Data = unknown>(
    picture: ImageInput,
    options?: DescribeOptions<Data>,
  ): Promise<Description<Data>>;

  /**
   * Asks one question about several pictures, each with its name before it.
   *
   * @throws GeminiImageError, also if one of the pictures cannot be read.
   */
  describe<Data = unknown>(
    pictures: JointInput,
    options?: DescribeOptions<Data>,
  ): Promise<JointDescription<Data>>;

  /**
   * Describes one picture piece by piece. Leaving the loop early aborts the request.
   *
   * @throws GeminiImageError from the loop and from `description`.
   */
  describeStream(picture: ImageInput, options?: DescribeOptions): DescriptionStream;

  /**
   * Describes pictures, several at once, and gives the record of each: also of one that failed, and of
   * one that the ledger has. Leaving the loop early begins no new call; those on their way may end
   * and are added to the ledger, if there is one.
   *
   * @throws GeminiImageError from the loop, once every finished record was given, if all other calls
   *   would fail too (a wrong key, a used-up quota, `maxCostUsd`), or the signal was aborted.
   */
  describeMany<Data = unknown>(
    pictures: ImageInputs,
    options?: DescribeManyOptions<Data>,
  ): AsyncGenerator<DescribedRecord<Data>, void, void>;

  /** The same for groups, with one question about each. */
  describeMany<Data = unknown>(
    groups: GroupInputs,
    options?: DescribeManyOptions<Data>,
  ): AsyncGenerator<DescribedRecord<Data> | DescribedGroup<Data>, void, void>;

  /**
   * Finds the images of pages and asks for the alternative texts that they lack, or judges those that
   * are there (`audit`). Nothing is written without `write`. An image or page that fails is told in the
   * result, and the others go on.
   *
   * @param files files, folders and globs.
   * @throws GeminiImageError if all other calls would fail too, or the signal was aborted. What was
   *   answered until then is kept by `cache` and `ledger`, and written unless it was aborted.
   */
  altText(files: string | readonly string[], options?: AltTextOptions): Promise<AltTexts>;

  /** Judges claims about a picture: `data.verdicts` of the record has one for each. */
  check(
    picture: ImageInput,
    claims: string | readonly string[],
    options?: CheckOptions,
  ): Promise<OkRecord<CheckResult>>;

  /** Judges claims about several pictures together, such as whether two are equal. */
  check(
    pictures: JointInput,
    claims: string | readonly string[],
    options?: CheckOptions,
  ): Promise<JointDescription<CheckResult>>;

  /**
   * Finds things in a picture: `data.boxes` of the record says where they are.
   *
   * @param what names, also as in `boats, people`; without them, all prominent things.
   */
  detect(
    picture: ImageInput,
    what?: string | readonly string[],
    options?: CallOptions,
  ): Promise<OkRecord<Detection>>;
}

/** Among many pictures, one is likely to be unlucky. */
const RETRIES = 6;

/**
 * Makes a client. It connects with its first call.
 *
 * @throws GeminiImageError of kind `usage` or `auth` if an option is wrong.
 */
export function createGeminiImage(options: ClientOptions): GeminiImage {
  checkOptions('createGeminiImage', options);
  return clientWith(options, RETRIES);
}

/** @param retries how often a failure is retried if the options do not say it. */
export function clientWith(options: ClientOptions, retries: number): GeminiImage {
  const { apiKey, baseUrl = DEFAULT_BASE_URL, model = DEFAULT_MODEL, ...rest } = options;
  const client: CheckedClient = {
    ...rest,
    ...inOptionWords(() => ({
      apiKey: requireKey(apiKey),
      baseUrl: parseBaseUrl(baseUrl),
      model: parseModel(model),
    })),
  };
  let made: Promise<import('./calls.js').Calls> | undefined;
  /** What makes calls is loaded with the first one. */
  const calls = () => {
    made ??= import('./calls.js').then(({ createCalls }) => createCalls(client, retries));
    return made;
  };
  function describe<Data>(
    picture: ImageInput,
    options?: DescribeOptions<Data>,
  ): Promise<Description<Data>>;
  function describe<Data>(
    pictures: JointInput,
    options?: DescribeOptions<Data>,
  ): Promise<JointDescription<Data>>;
  async function describe<Data>(
    pictures: ImageInput | JointInput,
    options: DescribeOptions<Data> = {},
  ): Promise<Description<Data> | JointDescription<Data>> {
    checkOptions('describe', options);
    return (await calls()).describe(pictures, options);
  }

  function describeMany<Data>(
    pictures: ImageInputs,
    options?: DescribeManyOptions<Data>,
  ): AsyncGenerator<DescribedRecord<Data>, void, void>;
  function describeMany<Data>(
    groups: GroupInputs,
    options?: DescribeManyOptions<Data>,
  ): AsyncGenerator<DescribedRecord<Data> | DescribedGroup<Data>, void, void>;
  async function* describeMany<Data>(
    pictures: ImageInputs | GroupInputs,
    options: DescribeManyOptions<Data> = {},
  ): AsyncGenerator<DescribedRecord<Data> | DescribedGroup<Data>, void, void> {
    checkOptions('describeMany', options);
    const many = await import('./describe-many.js');
    yield* many.describeMany(await calls(), pictures, options);
  }

  type Claims = string | readonly string[];
  function check(
    picture: ImageInput,
    claims: Claims,
    options?: CheckOptions,
  ): Promise<OkRecord<CheckResult>>;
  function check(
    pictures: JointInput,
    claims: Claims,
    options?: CheckOptions,
  ): Promise<JointDescription<CheckResult>>;
  async function check(
    pictures: ImageInput | JointInput,
    claims: Claims,
    options: CheckOptions = {},
  ): Promise<OkRecord<CheckResult> | JointDescription<CheckResult>> {
    checkOptions('check', options);
    return (await calls()).check(pictures, claims, options);
  }

  return {
    describe,
    describeMany,
    check,
    describeStream: (picture, options = {}) =>
      streaming(options, async (own, onText) => {
        checkOptions('describeStream', options);
        return (await calls()).describeOne(picture, own, onText);
      }),
    async altText(files, options = {}) {
      checkOptions('altText', options);
      const { altTexts, pageNames } = await import('./alt-text.js');
      return altTexts(await calls(), pageNames(files), options);
    },
    async detect(picture, what, options = {}) {
      checkOptions('detect', options);
      return (await calls()).detect(picture, what, options);
    },
  };
}

/** The options are meant where the command would name its flags. */
function inOptionWords<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    return thrownInOptions(error);
  }
}

/** Callers in plain JavaScript may pass an environment variable that is not set. */
function requireKey(raw: string | undefined): string {
  const key = cleanKey(raw ?? '');
  if (key !== undefined) return key;
  throw new GeminiImageError({
    kind: 'auth',
    message: 'no API key is given',
    hint: 'Get one at https://aistudio.google.com/apikey and pass it as apiKey.',
  });
}

// What was asked of the emulator, for those who test their own programs: without the pictures' bytes.
import { createHash } from 'node:crypto';
import type { Content, FileData, GenerateContentRequest } from '../messages/requests.js';
import { pictureNames, promptAfter } from '../pictures/shown-pictures.js';

/** A picture of a request. */
export interface AskedPicture {
  readonly mimeType: string;
  /** Of its bytes, as they were sent, in hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
  /** The text right before it, or the name that it was uploaded under. */
  readonly name?: string;
}

/** A question that the emulator was asked. */
export interface AskedRequest {
  readonly method: 'generateContent' | 'streamGenerateContent' | 'batchGenerateContent';
  readonly model: string;
  /** The text after the pictures. */
  readonly prompt: string;
  readonly system?: string;
  readonly pictures: readonly AskedPicture[];
  /** The JSON Schema of the answer. */
  readonly schema?: object;
  /** Further settings, such as `temperature`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly tier?: string;
}

/** What is known of an uploaded file; undefined if it is not there. */
export type KnownFile = (file: FileData) => Omit<AskedPicture, 'mimeType'> | undefined;

export function askedIn(
  { contents = [], systemInstruction, generationConfig = {}, serviceTier }: GenerateContentRequest,
  { method, model }: Pick<AskedRequest, 'method' | 'model'>,
  fileOf: KnownFile,
): AskedRequest {
  const { responseSchema, responseJsonSchema, _responseJsonSchema, ...settings } = generationConfig;
  const schema = responseJsonSchema ?? _responseJsonSchema ?? responseSchema;
  const { responseMimeType: _, ...others } = settings;
  const system = systemInstruction && promptAfter([systemInstruction]).join('\n');
  return {
    method,
    model,
    prompt: promptAfter(contents).join('\n'),
    ...(system && { system }),
    pictures: picturesIn(contents, fileOf),
    ...(typeof schema === 'object' && schema !== null && { schema }),
    ...(Object.keys(others).length > 0 && { settings: others }),
    ...(serviceTier !== undefined && { tier: serviceTier }),
  };
}

function picturesIn(contents: readonly Content[], fileOf: KnownFile): AskedPicture[] {
  const names = pictureNames(contents);
  const parts = contents.flatMap(({ parts = [] }) => parts);
  const pictures = parts.filter(({ inlineData, fileData }) => inlineData ?? fileData);
  return pictures.map(({ inlineData, fileData }, at) => {
    const label = names[at];
    if (inlineData) {
      const { mimeType = '', data = Buffer.alloc(0) } = inlineData;
      const sha256 = createHash('sha256').update(data).digest('hex');
      return { mimeType, sha256, bytes: data.length, ...(label && { name: label }) };
    }
    const { mimeType = '' } = fileData ?? {};
    const file = fileOf(fileData ?? {}) ?? { sha256: '', bytes: 0 };
    return { mimeType, ...file, ...(label && { name: label }) };
  });
}

/** The types that ship compile in somebody else's strict program. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REPOSITORY, startProgram } from '../support/command.js';
import { temporaryFolder } from '../support/files.js';

const STRICTEST = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  noPropertyAccessFromIndexSignature: true,
  skipLibCheck: false,
  noEmit: true,
  types: ['node'],
};

const CLIENT = `
import {
  type CheckResult,
  createGeminiImage,
  type DescribedRecord,
  find,
  type GeminiImage,
  startEmulator,
} from 'gemini-image';

const gemini: GeminiImage = createGeminiImage({ apiKey: 'k', tier: 'flex', rpm: 10 });

export async function many(): Promise<string[]> {
  const words: string[] = [];
  const pictures = find(['a', 'b'], { recursive: true });
  const options = { ledger: 'l.jsonl', fields: 'title', inOrder: true };
  for await (const record of gemini.describeMany<{ title: string }>(pictures, options)) {
    const known: DescribedRecord<{ title: string }> = record;
    words.push(known.status === 'ok' ? (record.status === 'ok' && record.data?.title) || '' : known.error.kind);
  }
  return words;
}

export async function judged(): Promise<CheckResult | undefined> {
  const { url, requests, close } = await startEmulator({
    answers: ({ prompt, pictures }) => (pictures.length > 0 ? prompt : { status: 429 }),
    fail: [{ status: 503, share: 0.1 }],
  });
  await close();
  const { data } = await gemini.check(new Uint8Array(), url + String(requests[0]?.model));
  const { data: found } = await gemini.detect({ name: 'a', bytes: new Uint8Array() }, ['boats']);
  const x: number | undefined = found?.boxes[0]?.box.x;
  return x === undefined ? data : undefined;
}

export async function together(): Promise<string[]> {
  const both = await gemini.describe(['a.png', new Uint8Array()], { prompt: 'What has changed?' });
  const words = [both.images[0]?.image ?? '', both.text];
  const equal = await gemini.check({ name: 'both', pictures: ['a.png', 'b.png'] }, 'both are equal');
  words.push(equal.group ?? '', equal.data?.verdicts[0]?.verdict ?? '');
  for await (const record of gemini.describeMany(find('cards', { group: '{stem}-*' }))) {
    words.push('group' in record ? (record.group ?? '') : 'image' in record ? record.image : '');
  }
  for await (const found of find('cards')) words.push(found.id);
  return words;
}

// @ts-expect-error What is asked about several pictures has no single name.
void gemini.describe(['a.png']).then(({ image }) => image);
// @ts-expect-error There is no such option.
void gemini.describe('a.png', { promt: 'x' });
// @ts-expect-error A ledger is for many pictures.
void gemini.describe('a.png', { ledger: 'x.jsonl' });
// @ts-expect-error There is no such tier.
createGeminiImage({ apiKey: 'k', tier: 'fast' });
// @ts-expect-error A verdict is a word.
export const wrongVerdict: number | undefined = (await gemini.check('a.png', 'c')).data?.verdicts[0]?.verdict;
`;

const CONSUMER = `
import {
  describeImage,
  describeImageStream,
  type ProgramEvent,
  type ProgramListener,
  type DescribeImageOptions,
  type Description,
  type DescriptionStream,
  type ErrorKind,
  GeminiImageError,
  type ProxySettings,
  type SentPicture,
  type Usage,
} from 'gemini-image';

const proxy: ProxySettings = { httpsProxy: 'http://localhost:3128' };
const onEvent: ProgramListener = (event: ProgramEvent) => {
  if (event.type === 'warning') return void event.message.length;
  if (event.type === 'upload') return void event.bytes;
  if (event.type === 'again') return void event.problem.length;
  if (event.type !== 'retry') return;
  const { attempt, delayMs, error } = event;
  return void (attempt + delayMs + error.message.length);
};
export const changesOf = ({ changes }: SentPicture): number => changes.length;
const options: DescribeImageOptions = {
  apiKey: 'k',
  model: 'm',
  prompt: 'p',
  baseUrl: 'https://example.com',
  timeoutMs: 1,
  retries: 0,
  signal: AbortSignal.timeout(1),
  proxy,
  onEvent,
};

export async function whole(): Promise<string> {
  const description: Description = await describeImage('a.png', { apiKey: 'k' });
  const usage: Usage | undefined = description.usage;
  const width: number | undefined = description.width;
  return \`\${description.text} \${usage?.inputTokens ?? 0} \${width}\`;
}

export async function pieces(bytes: Uint8Array): Promise<string> {
  const stream: DescriptionStream = describeImageStream(bytes, options);
  let text = '';
  for await (const piece of stream) text += piece;
  return text === '' ? (await stream.description).text : text;
}

export function advice(error: unknown): string | undefined {
  if (!(error instanceof GeminiImageError)) return undefined;
  const kind: ErrorKind = error.kind;
  const status: number | undefined = error.httpStatus;
  return error.retryable ? \`\${kind} \${status ?? ''}\` : error.hint;
}

// @ts-expect-error A key is needed.
void describeImage('a.png', {});
void describeImage(new URL('file:///a.png'), { apiKey: 'k' });
// @ts-expect-error A buffer without a view is no picture.
void describeImage(new ArrayBuffer(8), { apiKey: 'k' });
// @ts-expect-error A description always has a text, and a text is no number.
export const wrong: number = (await describeImage('a.png', { apiKey: 'k' })).text;
`;

const REQUIRING = `
const clientOf = (key: string): library.GeminiImage => library.createGeminiImage({ apiKey: key });
const kindOf = (error: unknown): library.ErrorKind | undefined =>
  error instanceof library.GeminiImageError ? error.kind : undefined;
const titleOf = ({ data }: library.Description<{ title: string }>) => data?.title.length;
export = { clientOf, kindOf, titleOf };
`;

test.each([
  ['NodeNext', { module: 'NodeNext', target: 'ES2023', lib: ['ES2023'] }],
  ['no types of Node', { module: 'NodeNext', lib: ['ES2023', 'DOM'], types: [] }],
  ['Node16', { module: 'Node16', target: 'ES2023', lib: ['ES2023'] }],
  ['a bundler', { module: 'ESNext', moduleResolution: 'Bundler', target: 'ES2022' }],
])('with %s', async (_, moduleOptions) => {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, 'node_modules/@types'), { recursive: true });
  symlinkSync(REPOSITORY, join(cwd, 'node_modules/gemini-image'));
  const withNode = !('types' in moduleOptions);
  for (const name of withNode ? ['@types/node', 'undici-types'] : []) {
    symlinkSync(join(REPOSITORY, 'node_modules', name), join(cwd, 'node_modules', name));
  }
  writeFileSync(join(cwd, 'package.json'), '{"type":"module"}');
  writeFileSync(join(cwd, 'consumer.ts'), CONSUMER);
  writeFileSync(join(cwd, 'client.ts'), CLIENT);
  // The same without a package.json of ES modules: the types of `require`.
  const required = `import library = require('gemini-image');\n${REQUIRING}`;
  if (withNode && moduleOptions.module !== 'ESNext') writeFileSync(join(cwd, 'main.cts'), required);
  const compilerOptions = { ...STRICTEST, ...moduleOptions };
  writeFileSync(
    join(cwd, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['*.ts', '*.cts'] }),
  );
  const tsc = join(REPOSITORY, 'node_modules/typescript/bin/tsc');
  const { code, stdout } = await startProgram(process.execPath, [tsc, '-p', '.'], { cwd }).finished;
  expect({ stdout, code }).toEqual({ stdout: '', code: 0 });
});

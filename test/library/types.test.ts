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

const CONSUMER = `
import {
  describeImage,
  describeImageStream,
  type CaptionEvent,
  type CaptionListener,
  type DescribeOptions,
  type Description,
  type DescriptionStream,
  type ErrorKind,
  GeminiImageError,
  type ProxySettings,
  type Retry,
  type SentPicture,
  type Usage,
} from 'gemini-image';

const proxy: ProxySettings = { httpsProxy: 'http://localhost:3128' };
const onEvent: CaptionListener = (event: CaptionEvent) => {
  if (event.type === 'warning') return void event.message.length;
  if (event.type === 'upload') return void event.bytes;
  if (event.type === 'again') return void event.problem.length;
  const { attempt, delayMs, error }: Retry = event;
  return void (attempt + delayMs + error.message.length);
};
export const changesOf = ({ changes }: SentPicture): number => changes.length;
const options: DescribeOptions = {
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
  const width: number = description.width;
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

test.each([
  ['NodeNext', { module: 'NodeNext', target: 'ES2023', lib: ['ES2023'] }],
  ['no types of Node', { module: 'NodeNext', lib: ['ES2023', 'DOM'], types: [] }],
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
  const compilerOptions = { ...STRICTEST, ...moduleOptions };
  writeFileSync(
    join(cwd, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['consumer.ts'] }),
  );
  const tsc = join(REPOSITORY, 'node_modules/typescript/bin/tsc');
  const { code, stdout } = await startProgram(process.execPath, [tsc, '-p', '.'], { cwd }).finished;
  expect({ stdout, code }).toEqual({ stdout: '', code: 0 });
});

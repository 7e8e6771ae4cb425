/** Many small pictures, each different from the others, and a server that knows which is which. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { temporaryFolder } from './files.js';
import { answer, type ScriptedServer, type Seen, sendJson, serve } from './scripted-server.js';

/** A PNG one pixel high and as wide as its number plus one. */
function pictureOf(number: number): Promise<Buffer> {
  const size = { width: number + 1, height: 1, channels: 3 } as const;
  return sharp({ create: { ...size, background: '#808080' } })
    .png()
    .toBuffer();
}

/** Which picture a request is about. */
export function numberIn({ json }: Seen): number {
  const data = json.contents[0].parts.find((part: object) => 'inlineData' in part).inlineData.data;
  return Buffer.from(data, 'base64').readUInt32BE(16) - 1;
}

/** A folder with pictures `p000.png`, `p001.png` … in `photos/`, or with the names given. */
export async function album(pictures: number | readonly string[]): Promise<string> {
  const cwd = temporaryFolder();
  const names =
    typeof pictures === 'number'
      ? Array.from({ length: pictures }, (_, number) => `photos/${nameOf(number)}`)
      : pictures;
  for (const [number, name] of names.entries()) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), await pictureOf(number));
  }
  return cwd;
}

export function nameOf(number: number): string {
  return `p${String(number).padStart(3, '0')}.png`;
}

/** Answers `picture <number>`, after what the test does about it. */
export function albumServer(
  before: (number: number, response: ServerResponse, at: number) => unknown = () => {},
): Promise<ScriptedServer> {
  return serve(async (response, at, request) => {
    const number = numberIn(request);
    await before(number, response, at);
    if (!response.headersSent && !response.destroyed) {
      sendJson(response, 200, answer(`picture ${number}`));
    }
  });
}

/** How often each picture was asked about. */
export function timesAsked({ requests }: ScriptedServer): Map<number, number> {
  const times = new Map<number, number>();
  for (const request of requests) {
    const number = numberIn(request);
    times.set(number, (times.get(number) ?? 0) + 1);
  }
  return times;
}

/** The records of a results file; it throws where a line is none. */
export function recordsIn(path: string): { image: string; status: string; text?: string }[] {
  const text = readFileSync(path, 'utf8');
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line is torn');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

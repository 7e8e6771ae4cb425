import { createParser } from 'eventsource-parser';
import { isObject } from '../domain/is-object.js';

/**
 * Rewrites the body of a streamed answer into the only shape that the SDK reads: one
 * `data: {json}` and an empty line per event, in ASCII, so that neither U+2028 nor a packet's edge
 * can break it. Comments, other line endings and an unfinished last event are forgiven. An error
 * becomes an event of its own, in whichever of the three ways it came: as an event, as JSON after
 * the last one, or as an array.
 *
 * @param onBytes called for everything that arrives, so that silence can be told from slowness.
 * @throws SyntaxError where the bytes are no UTF-8 or an event is no JSON object, as they are where
 *   a stream was cut, and whatever the connection threw.
 */
export async function* normaliseEvents(
  body: AsyncIterable<Uint8Array>,
  onBytes: () => void,
): AsyncGenerator<string> {
  const decode = utf8Decoder();
  const events: string[] = [];
  const stray: string[] = [];
  const parser = createParser({
    onEvent: ({ data }) => events.push(data),
    // What is no field of an event: a raw JSON error after the last one, spread over lines.
    onError: (error) => stray.push(error.line ?? ''),
  });

  for await (const bytes of body) {
    onBytes();
    parser.feed(decode(bytes));
    for (const data of events.splice(0)) yield* eventLines(data);
  }
  // Ends a last event that came without its empty line.
  parser.feed(`${decode()}\n\n`);
  for (const data of events.splice(0)) yield* eventLines(data);
  if (stray.length > 0) yield* eventLines(stray.join('\n'));
}

/**
 * Makes a function that decodes the next bytes or, without any, ends the text.
 *
 * @throws SyntaxError where the bytes are no UTF-8: a replaced character would be a wrong caption.
 */
export function utf8Decoder(): (bytes?: Uint8Array) => string {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return (bytes) => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (cause) {
      throw new SyntaxError('the bytes are no UTF-8', { cause });
    }
  };
}

function* eventLines(data: string): Generator<string> {
  // What other APIs end their streams with, and gateways copy.
  if (data === '[DONE]') return;
  const value: unknown = JSON.parse(data);
  for (const chunk of Array.isArray(value) ? value : [value]) {
    if (!isObject(chunk)) throw new SyntaxError('the event is no JSON object');
    yield `data: ${toAscii(JSON.stringify(chunk))}\r\n\r\n`;
  }
}

function toAscii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

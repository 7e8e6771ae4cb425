import { createParser } from 'eventsource-parser';
import { isObject } from '../domain/json.js';

/**
 * Rewrites the body of a streamed answer into the only form that the SDK reads: for each event one
 * `data: {json}` and an empty line, in ASCII, so that neither U+2028 nor a packet boundary can
 * break it. Comments, other line endings and an unfinished last event are accepted. An error
 * becomes an event of its own, whether it came as an event, as JSON after the last event, or as an
 * array.
 *
 * @throws SyntaxError if the bytes are not UTF-8, an event is not a JSON object (as when a stream
 *   is cut), or too much data is not an event; and whatever the connection threw.
 */
export async function* normaliseEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decode = utf8Decoder();
  const lines = wholeLines();
  const events: string[] = [];
  const stray: string[] = [];
  let strayLength = 0;
  const parser = createParser({
    onEvent: ({ data }) => events.push(data),
    // A line that is not a field of an event: a JSON error after the last event, spread over lines.
    onError: ({ line = '' }) => {
      strayLength += line.length;
      if (strayLength <= MAX_STRAY) stray.push(line);
    },
  });

  for await (const bytes of body) {
    parser.feed(lines(decode(bytes)));
    if (strayLength > MAX_STRAY) throw new SyntaxError('too much of the stream is no event');
    for (const data of events.splice(0)) yield* eventLines(data);
  }
  // Complete a last event that came without its empty line.
  parser.feed(lines(`${decode()}\n\n`));
  for (const data of events.splice(0)) yield* eventLines(data);
  if (stray.length > 0) yield* eventLines(stray.join('\n'));
}

/** Errors after the last event are shorter than this. */
const MAX_STRAY = 65_536;

/**
 * Makes a function that keeps back a line until it is complete: the parser would read an unfinished
 * line again from its beginning with every packet.
 */
function wholeLines(): (text: string) => string {
  let held: string[] = [];
  return (text) => {
    const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1;
    if (end === 0) {
      held.push(text);
      return '';
    }
    const whole = held.join('') + text.slice(0, end);
    held = [text.slice(end)];
    return whole;
  };
}

const strict = new TextDecoder('utf-8', { fatal: true });

/** @throws SyntaxError if the bytes are not UTF-8. */
export function utf8Text(bytes: Uint8Array): string {
  return decodedBy(() => strict.decode(bytes));
}

/**
 * Makes a function that decodes the next bytes or, called without any, ends the text.
 *
 * @throws SyntaxError if the bytes are not UTF-8: a replacement character would spoil the caption.
 */
export function utf8Decoder(): (bytes?: Uint8Array) => string {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return (bytes) => decodedBy(() => decoder.decode(bytes, { stream: bytes !== undefined }));
}

function decodedBy(decode: () => string): string {
  try {
    return decode();
  } catch (cause) {
    throw new SyntaxError('the bytes are no UTF-8', { cause });
  }
}

function* eventLines(data: string): Generator<string> {
  // Other APIs end their streams with this, and gateways copy it.
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

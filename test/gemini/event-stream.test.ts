import { describe, expect, test } from 'vitest';
import { normaliseEvents } from '../../src/gemini/event-stream.js';

/** What comes out for these bytes. */
async function normalise(...packets: (string | Uint8Array)[]) {
  const body = (async function* () {
    for (const packet of packets) yield Buffer.from(packet);
  })();
  const events: string[] = [];
  for await (const event of normaliseEvents(body)) events.push(event);
  return { events };
}

describe('an event', () => {
  test('comes out as one line of ASCII and an empty line', async () => {
    const { events } = await normalise('data: {"text":"\u2028灯🏴"}\n\n');
    expect(events).toEqual(['data: {"text":"\\u2028\\u706f\\ud83c\\udff4"}\r\n\r\n']);
    expect(JSON.parse(events[0]?.slice(6) ?? '')).toEqual({ text: '\u2028灯🏴' });
  });

  test('comes out the same wherever its packets are split', async () => {
    const bytes = Buffer.from(
      ': x\r\ndata: {"a":"灯\u2028"}\r\n\r\ndata:{"b":\r\ndata: "🏴"}\r\n\r\n',
    );
    const whole = (await normalise(bytes)).events;
    expect(whole).toHaveLength(2);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const { events } = await normalise(bytes.subarray(0, cut), bytes.subarray(cut));
      expect({ cut, events }).toEqual({ cut, events: whole });
    }
    const single = await normalise(...Array.from(bytes, (byte) => Buffer.of(byte)));
    expect(single).toEqual({ events: whole });
  });

  test('comes out as soon as it is complete', async () => {
    let sent = 0;
    const body = (async function* () {
      for (const text of ['data: {"n":1}\r\n\r', '\ndata: {"n":2}\n\n']) {
        sent += 1;
        yield Buffer.from(text);
      }
    })();
    const events = normaliseEvents(body);
    await events.next();
    expect(sent).toBeLessThanOrEqual(2);
    await events.return(undefined);
  });

  test('with several values comes out as several', async () => {
    const { events } = await normalise('data: [{"n":1},{"n":2}]\n\n');
    expect(events).toEqual(['data: {"n":1}\r\n\r\n', 'data: {"n":2}\r\n\r\n']);
  });
});

describe('a line that is not an event', () => {
  test('is left out if it is a comment, another field or empty', async () => {
    const { events } = await normalise(': x\n\nevent: y\nid: 1\nretry: 10\n\n\n\n');
    expect(events).toEqual([]);
  });

  test('is read if it is raw JSON, after the events before it', async () => {
    const { events } = await normalise('data: {"n":1}\n\n{\n  "error": {\n\n "code": 503 }\n}\n');
    expect(events).toEqual(['data: {"n":1}\r\n\r\n', 'data: {"error":{"code":503}}\r\n\r\n']);
  });

  test.each([
    ['text', 'upstream connect error'],
    ['half of an object', 'data: {"n":1'],
    ['a number', 'data: 7\n\n'],
    ['nothing', 'data: null\n\n'],
    ['an array of arrays', 'data: [[]]\n\n'],
    ['no UTF-8', Uint8Array.of(0x64, 0xff)],
    ['half of a character', Uint8Array.of(0xe7, 0x81)],
  ])('is an error: %s', async (_what, bytes) => {
    await expect(normalise(bytes)).rejects.toBeInstanceOf(SyntaxError);
  });

  test('is an error only after the events before it', async () => {
    const body = (async function* () {
      yield Buffer.from('data: {"n":1}\n\ndata: {\n\n');
    })();
    const events = normaliseEvents(body);
    expect((await events.next()).value).toBe('data: {"n":1}\r\n\r\n');
    await expect(events.next()).rejects.toBeInstanceOf(SyntaxError);
  });
});

test('an empty body has no events', async () => {
  expect(await normalise()).toEqual({ events: [] });
});

test('a failure of the connection is passed on unchanged', async () => {
  const failure = new TypeError('terminated');
  const body = (async function* () {
    yield Buffer.from('data: {"n":1}\n\n');
    throw failure;
  })();
  const events = normaliseEvents(body);
  await events.next();
  await expect(events.next()).rejects.toBe(failure);
});

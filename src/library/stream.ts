import type { OkRecord } from '../domain/record.js';
import { onAbort } from '../network/abort.js';

/** The text of a description as it arrives. */
export interface DescriptionStream extends AsyncIterable<string> {
  /** The finished description; it comes even if nobody reads the text. */
  readonly description: Promise<OkRecord>;
}

type OnText = (text: string) => Promise<void>;

/**
 * Makes a stream of what `describe` tells of.
 *
 * @param describe gets the options with a signal that also ends when the reader leaves.
 */
export function streaming<Options extends { signal?: AbortSignal | undefined }>(
  options: Options,
  describe: (options: Options, onText: OnText) => Promise<OkRecord>,
): DescriptionStream {
  // No limit: a caption is small, and the description must come even if nobody reads the text.
  const room = new CountQueuingStrategy({ highWaterMark: Number.POSITIVE_INFINITY });
  const { readable, writable } = new TransformStream<string, string>({}, undefined, room);
  const writer = writable.getWriter();
  const reader = new AbortController();
  const signal = options?.signal instanceof AbortSignal ? options.signal : undefined;
  const callOff = () => reader.abort(signal?.reason);
  if (signal?.aborted) callOff();
  const stopListening = signal && !signal.aborted ? onAbort(signal, callOff) : undefined;

  // A reader who leaves the loop closes the stream; nobody waits for the rest then.
  writer.closed.catch(() => reader.abort());
  const onText = (text: string) => writer.write(text).catch(() => undefined);
  const description = describe({ ...options, signal: reader.signal }, onText).finally(() => {
    stopListening?.();
  });
  // The end of the text, with or without an error, which a reader of only the text must see too.
  const ended = description.then(
    () => writer.close(),
    (error) => writer.abort(error),
  );
  ended.catch(() => undefined);
  return { description, [Symbol.asyncIterator]: () => readable[Symbol.asyncIterator]() };
}

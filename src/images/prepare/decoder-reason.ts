import { oneLine } from '../../network/text.js';

/** What a decoder complains of, without the names of the functions that the complaint came through. */
export function decoderReason({ message }: Error): string {
  const reason = oneLine(message)
    .replace(/^Input (?:buffer|file) has corrupt header:?/, '')
    .replace(
      /\b(?:Vips\w+|vips\w+|\w+load(?:_buffer|_source)?|glib|pngload|libpng)(?:\[\w+\])?:/g,
      '',
    )
    .replace(/Input (?:buffer|file)/g, 'it')
    .replace(/\s+/g, ' ')
    .trim();
  return reason || 'its header is damaged';
}

/** Small files that take long, or much memory, to decode. */

/** Filters over filters on a large canvas: minutes of work in some hundred bytes. */
export function slowDrawing(): Buffer {
  const filters =
    '<feTurbulence baseFrequency=".01" numOctaves="20"/><feMorphology radius="60"/>'.repeat(60);
  const size = 'width="3000" height="3000"';
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" ${size}><filter id="f">${filters}</filter><rect ${size} filter="url(#f)"/></svg>`,
  );
}

/** A BMP's header that claims a square of pixels, packed in runs, and the first of these. */
export function hugeBitmap(side: number): Buffer {
  const header = Buffer.alloc(54 + 1024);
  header.write('BM');
  header.writeUInt32LE(header.length, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(side, 18);
  header.writeInt32LE(side, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(8, 28);
  // Packed in runs of one colour.
  header.writeUInt32LE(1, 30);
  return Buffer.concat([header, Buffer.from([255, 1, 0, 1])]);
}

/** The XMP of a picture that was turned, without the orientation that is no longer true. */
export function turnedXmp(xmp: string): string {
  return xmp
    .replace(/(\btiff:Orientation\s*=\s*["'])\d(["'])/g, '$11$2')
    .replace(/(<tiff:Orientation>\s*)\d(\s*<)/g, '$11$2');
}

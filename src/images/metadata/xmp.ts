/** XMP of a picture that has been turned since: what it says of an orientation is true no more. */
export function turnedXmp(xmp: string): string {
  return xmp
    .replace(/(\btiff:Orientation\s*=\s*["'])\d(["'])/g, '$11$2')
    .replace(/(<tiff:Orientation>\s*)\d(\s*<)/g, '$11$2');
}

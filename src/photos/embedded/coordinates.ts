/** A place on the earth, in degrees; south and west are negative. */
export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** Coordinates as XMP has them, such as `53,52.1N` and `8,42.5E`; undefined if they make no sense. */
export function parseCoordinates(latitude = '', longitude = ''): Coordinates | undefined {
  const [north, east] = [parse(latitude, 'NS', 90), parse(longitude, 'EW', 180)];
  return north === undefined || east === undefined
    ? undefined
    : { latitude: north, longitude: east };
}

function parse(text: string, [plus, minus]: string, most: number): number | undefined {
  const match = /^\s*(\d+),(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?\s*([NSEW])\s*$/.exec(text);
  if (!match) return undefined;
  const [, degrees, minutes, seconds = '0', side] = match;
  if (side !== plus && side !== minus) return undefined;
  const value = Number(degrees) + Number(minutes) / 60 + Number(seconds) / 3600;
  if (value > most) return undefined;
  return rounded(side === minus ? -value : value);
}

/** To the tenth of a metre: more digits come from the arithmetic alone. */
export function rounded(degrees: number): number {
  return Math.round(degrees * 1e6) / 1e6;
}

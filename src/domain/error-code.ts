import { constants } from 'node:os';

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** How Node calls an error of the system that it has no name for, such as EDQUOT and ESTALE. */
const UNNAMED = /Unknown system error -(\d+)/g;

/** The code of an error of the system, such as ENOENT; undefined where it has none. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? withErrorNames(error.code)
    : undefined;
}

/** A text of Node's with the names of errors that it gives as numbers. */
export function withErrorNames(text: string): string {
  return text.replace(UNNAMED, (whole, number) => names.get(Number(number)) ?? whole);
}

import { fileOfFlag } from './text-flag.js';

/** The file that `--schema` names, with or without an `@`; undefined where it is the schema itself. */
export function schemaFileOf(value: string | undefined): string | undefined {
  if (value === undefined || /^\s*[{[]/.test(value)) return undefined;
  return fileOfFlag(value) ?? value;
}

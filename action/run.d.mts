/** The decisions of the action, for its tests. */
export function wordsOf(text: string): string[];
export function aboutEvent(
  name: string,
  event: unknown,
): { base: string | undefined; isFork: boolean };
export function fittingCommand(
  words: string[],
  facts: { hasKey: boolean; isFork: boolean },
): { words?: string[]; notice?: string };
export function filesFor(command: string, changed: string[], folder: string): string[];
export function inParts(files: string[], most?: number): string[][];
export function worst(codes: number[]): number;
export function optionsForCheck(words: string[]): string[];
export function diffIn(text: string): string;
export function fenced(text: string): string;

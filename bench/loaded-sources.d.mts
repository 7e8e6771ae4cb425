export function loadedSources(list: string): string[];

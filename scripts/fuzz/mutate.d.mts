export function randomOf(seed: number): () => number;
export function mutated(files: readonly Buffer[], random: () => number): Buffer;

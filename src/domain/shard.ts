import { parse } from 'node:path';

/** One of several equal shares of the pictures of a job, each for a machine of its own. */
export interface Shard {
  /** From 1. */
  number: number;
  /** How many there are. */
  count: number;
}

const IN_NAME = /\.(\d+)-of-(\d+)(?:\.[^.]+)?$/;

/** The shard whose results a file holds by its name; undefined where that tells of none. */
export function shardInName(path: string): Shard | undefined {
  const [, number, count] = IN_NAME.exec(parse(path).base) ?? [];
  return number === undefined ? undefined : { number: Number(number), count: Number(count) };
}

/** The name that a file has for a shard: `captions.2-of-8.jsonl` of `captions.jsonl`. */
export function shardName(path: string, { number, count }: Shard): string {
  const { ext } = parse(path);
  const stem = ext === '' ? path : path.slice(0, -ext.length);
  return `${stem}.${number}-of-${count}${ext}`;
}

import type { ErrorKind } from '../../domain/error.js';
import type { Tell } from '../../domain/events.js';
import type { LedgerRows } from '../rows/ledger-rows.js';
import type { PictureRow } from '../rows/picture-row.js';
import type { Columns } from './columns.js';

/** How the user wants it. */
export interface ExportOptions {
  ledger: string;
  /** A file or a folder; some formats can do without. */
  output?: string | undefined;
  overwrite: boolean;
  /** What comes before and after a caption. */
  prefix: string;
  suffix: string;
  /** The columns that count; all that are usual for the format if undefined. */
  columns?: readonly string[] | undefined;
  /** Whether each entry of a list is a row. */
  isByItems: boolean;
  /** Names in the export are relative to this folder. */
  base?: string | undefined;
  /** Whether names of files keep the ending of their picture, as in `a.jpg.txt`. */
  isFullName: boolean;
  shardSize?: ShardSize | undefined;
  delimiter?: string | undefined;
}

/** When a shard is full. */
export type ShardSize = { pictures: number } | { bytes: number };

/** The options that only some formats have. */
export type FormatOption =
  | 'caption'
  | 'columns'
  | 'items'
  | 'base'
  | 'naming'
  | 'shards'
  | 'delimiter';

export interface ExportPlan {
  options: ExportOptions;
  rows: LedgerRows;
  columns: Columns;
  /** The rows that are wanted, as they are exported. */
  chosen(row: PictureRow): PictureRow | undefined;
  signal: AbortSignal;
  /** Prints to stdout. */
  print(text: string): Promise<void>;
  tell: Tell<'unlocked' | 'outputLeft' | 'outputSetAside' | 'exportLeftOut' | 'tornLinesLeftOut'>;
  /** Notes that something could not be exported, and why. */
  leaveOut(image: string, why: Reason): void;
}

/** Why a picture is not in the export, in words for one and for many. */
export interface Reason {
  /** As in `a.png has no boxes`. */
  one: string;
  /** As in `12 pictures have no boxes`. */
  many: string;
  /** The failure that it is; undefined if nothing is wrong. */
  kind?: ErrorKind | undefined;
}

/** An export that is being written. */
export interface Exporter {
  /** Adds rows, all that there are, some at a time. */
  add(rows: readonly PictureRow[]): Promise<void>;
  /** Puts what was written in its place. */
  finish(): Promise<void>;
  /** Called instead if it cannot be finished: nothing stays, and what was there before does. */
  abandon(): Promise<void>;
}

export interface ExportFormat {
  /** In words for the help. */
  what: string;
  options: readonly FormatOption[];
  /** Where it goes: to a file or stdout, to a file, to a folder, or beside the pictures or to a folder. */
  to: 'stdout' | 'file' | 'folder' | 'pictures';
  /** Whether it has pictures that failed, too. */
  hasFailures?: boolean;
  /** Opens it, before any row is read. */
  open(plan: ExportPlan): Promise<Exporter>;
}

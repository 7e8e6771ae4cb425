import type { Size } from '../../domain/picture.js';

/** A marker segment of a JPEG, with the fill bytes before it. */
export interface Segment {
  /** The second byte of its marker. */
  readonly code: number;
  /** The end of the segment or scan before it; garbage may lie in between. */
  readonly after: number;
  /** The beginning of its marker, or of the fill bytes before it. */
  readonly from: number;
  /** The beginning of its content, after the length. */
  readonly content: number;
  readonly to: number;
  /** Whether a scan has begun before it, so that the bytes before it may be scan data. */
  readonly isAfterScan: boolean;
  /** The restart markers between it and the next segment, if a scan begins with it. */
  readonly restarts: Restarts | undefined;
}

/** The restart markers in the data of a scan (ITU-T T.81, B.2.1), which are numbered from 0 to 7. */
export interface Restarts {
  count: number;
  /** Whether they are numbered in their order, again and again. */
  areInOrder: boolean;
}

export interface Walk {
  readonly segments: readonly Segment[];
  /** The offset after the EOI; undefined if there is none. */
  readonly end: number | undefined;
  /** Whether the walk was given up because there are too many segments. */
  readonly isTooLong: boolean;
}

/** What the frame header of a JPEG says (ITU-T T.81, B.2.2). */
export interface Frame extends Size {
  /** The second byte of its marker, which names the kind of coding. */
  readonly code: number;
  /** Bits of a sample. */
  readonly bits: number;
  /** Where the segment's content begins. */
  readonly content: number;
}

/** What is known of the JPEG at the beginning of a source, which several readers look at. */
export interface JpegFacts {
  walk?: Walk;
  /** Undefined if there is none. */
  frame?: Frame | undefined;
}

export function factsOf(source: { jpeg?: JpegFacts }): JpegFacts {
  source.jpeg ??= {};
  return source.jpeg;
}

/** From here on, work on a file has kept all other work waiting for too long. */
const SLOW_MS = 4;

/** How many files are left to threads before it is tried again. */
const BY_THREADS = 64;

/**
 * Says whether work on small files is done at once or left to a thread. As long as the system has
 * them in its memory, handing work to a thread and back takes ten times as long as the work. Where a
 * disk or a network has to be waited for, all other work would wait with it.
 */
export class AtOnce {
  #byThreads = 0;

  /**
   * Does the work, unless that took too long lately.
   *
   * @returns undefined if a thread is to do it; otherwise what the work returned.
   * @throws what the work throws.
   */
  try<Result>(work: () => Result): Result | undefined {
    if (this.#byThreads > 0) {
      this.#byThreads -= 1;
      return undefined;
    }
    const start = performance.now();
    try {
      return work();
    } finally {
      if (performance.now() - start >= SLOW_MS) this.#byThreads = BY_THREADS;
    }
  }
}

import type { LoadedPicture } from '../images/load.js';

/** Loads a picture that several questions are about only once, if they come one after another. */
export interface LoadedPictures {
  /**
   * @param id the name of the picture in records.
   * @throws whatever `load` throws, for each of the questions.
   */
  of(id: string, load: () => Promise<LoadedPicture>): Promise<LoadedPicture>;
}

/** So many are held; each may have several megabytes. */
const MOST_HELD = 4;

export function createLoadedPictures(): LoadedPictures {
  const held = new Map<string, Promise<LoadedPicture>>();
  return {
    of(id, load) {
      const known = held.get(id);
      if (known) return known;
      const loading = load().then(keepingItsMemory);
      held.set(id, loading);
      for (const [oldest] of held) {
        if (held.size <= MOST_HELD) break;
        held.delete(oldest);
      }
      return loading;
    },
  };
}

/** Whoever asks one of the questions must not give back the bytes that the next one sends. */
function keepingItsMemory(picture: LoadedPicture): LoadedPicture {
  const { release: _, ...content } = picture.content;
  return { ...picture, content };
}

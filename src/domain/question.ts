import type { Picture } from './picture.js';

/** What is asked about one picture. */
export interface Question {
  model: string;
  prompt: string;
  picture: Picture;
}

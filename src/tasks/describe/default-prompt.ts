/** What is asked where nothing is said: a caption. Length goes into words, since models ignore temperature. */
export const defaultPrompt =
  'Write a caption for this image in one or two plain sentences: ' +
  'what it shows, and what matters in it. Plain text only, no preamble.';

/** A style is a name for a prompt. */
export interface Style {
  prompt: string;
}

/** The ways of describing a picture. Length goes into words, since models ignore temperature. */
export const styles = {
  caption: {
    prompt:
      'Write a caption for this image in one or two plain sentences: ' +
      'what it shows, and what matters in it. Plain text only, no preamble.',
  },
} as const satisfies Record<string, Style>;

export const defaultPrompt: string = styles.caption.prompt;

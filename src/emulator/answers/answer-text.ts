/** The text of an answer, in the form that the request asks for. */

import type { AnswerForm } from '../messages/answer-form.js';
import type { GenerationConfig } from '../messages/requests.js';
import { describePictures } from './describe.js';
import { answerInJson } from './json-answer.js';
import { choose } from './json-values.js';
import { wishOf } from './requested-style.js';
import type { ShownPicture } from './sentences.js';

/** What the text of an answer is made from. */
export interface Asked {
  readonly config: GenerationConfig;
  readonly form: AnswerForm;
  readonly pictures: readonly ShownPicture[];
  /** The texts that are no names of pictures, and those of the system instruction. */
  readonly prompt: readonly string[];
  readonly instruction: readonly string[];
  /** Characters of text in the contents. */
  readonly textLength: number;
}

export interface Written {
  readonly text: string;
  readonly finishReason: 'STOP' | 'MAX_TOKENS';
}

/** Google's rule of thumb. */
export const CHARACTERS_A_TOKEN = 4;
/** Tokens; `outputTokenLimit` of every model. */
const LONGEST_ANSWER = 65_536;

/** Cut where it has more tokens than it may have. */
export function write(asked: Asked): Written {
  const { text, isComplete } = compose(asked);
  const tokens = asked.config.maxOutputTokens ?? LONGEST_ANSWER;
  const most = Math.min(tokens * CHARACTERS_A_TOKEN, isComplete ? Infinity : text.length - 1);
  if (text.length <= most) return { text, finishReason: 'STOP' };
  return { text: text.slice(0, most), finishReason: 'MAX_TOKENS' };
}

function compose({ form, pictures, prompt, instruction, textLength }: Asked) {
  const wish = wishOf([...prompt, ...instruction]);
  const place = { shown: pictures, promptLength: textLength, wish };
  const prose = () => describePictures(pictures, textLength, wish);
  switch (form.kind) {
    case 'prose':
      return { text: prose(), isComplete: true };
    case 'choice':
      return {
        text: String(choose(form.schema.enum ?? [], { ...place, name: '' })),
        isComplete: true,
      };
    case 'json': {
      const { value, isComplete } = form.schema
        ? answerInJson(form.schema, place, prompt.join('\n'))
        : { value: { text: prose() }, isComplete: true };
      return { text: JSON.stringify(value, undefined, 2), isComplete };
    }
  }
}

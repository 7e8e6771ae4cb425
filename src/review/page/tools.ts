// What a page needs to change anything. One that is only shown goes without, and has no code for it.
import { Ask, Progress, Replace } from './dialogs.js';
import { AnswerEditor, FieldEditor } from './editors.js';

export const tools = { AnswerEditor, FieldEditor, Replace, Ask, Progress };

export type Tools = typeof tools;

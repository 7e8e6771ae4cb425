// Several tasks in one prompt: each says in its own words what one property of the answer is.
import { type RequestedStyle, requestedStyleOf } from './requested-style.js';

const OPENING = /<(task(?:-\d{1,6})?) name="([^"\n]{1,100})">\n/g;

/**
 * The style that each task asks for, by its name. In the prompt, `<task name="title">`, the task and
 * `</task>` are on lines of their own; the tags may have a number, as `<task-2 name="title">`. The limits of one task do not hold for the others; those of the
 * system instruction hold for all.
 */
export function findTasks(
  prompt: string,
  instruction: readonly string[],
): ReadonlyMap<string, RequestedStyle> {
  const tasks = new Map<string, RequestedStyle>();
  const openings = new RegExp(OPENING);
  for (let found = openings.exec(prompt); found !== null; found = openings.exec(prompt)) {
    const [, tag = '', name = ''] = found;
    const closing = `\n</${tag}>`;
    const end = prompt.indexOf(closing, openings.lastIndex - 1);
    if (end < 0) break;
    const task = prompt.slice(openings.lastIndex, end);
    if (!tasks.has(name)) tasks.set(name, requestedStyleOf([task, ...instruction]));
    openings.lastIndex = end + closing.length;
  }
  return tasks;
}

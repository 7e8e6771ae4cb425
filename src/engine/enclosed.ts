/**
 * A text between tags, on lines of their own. Where the text itself has such a tag, the tags get a
 * number: nothing in the text may end it early.
 */
export function enclosed(name: string, text: string): string {
  const lower = text.toLowerCase();
  let tag = name;
  for (let number = 2; lower.includes(`</${tag}>`); number += 1) tag = `${name}-${number}`;
  return `<${tag}>\n${text}\n</${tag}>`;
}

import { finished } from '../support/answers.js';
import { fakeGemini } from '../support/fake-gemini.js';

/** A Gemini API that answers each question by its prompt, and an environment that leads there. */
export async function answersBy(answer: (prompt: string) => object) {
  const prompts: string[] = [];
  const server = await fakeGemini((response, { body }) => {
    const prompt = promptIn(body);
    prompts.push(prompt);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(finished(JSON.stringify(answer(prompt)))));
  });
  const env = { GEMINI_API_KEY: 'key', GOOGLE_GEMINI_BASE_URL: server.url };
  return { requests: server.requests, prompts, env };
}

/** The texts of a request. */
function promptIn(body: string): string {
  const { contents } = JSON.parse(body) as {
    contents: { parts: { text?: string }[] }[];
  };
  return contents.flatMap(({ parts }) => parts.flatMap(({ text }) => text ?? [])).join('\n');
}

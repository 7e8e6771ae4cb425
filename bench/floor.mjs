// The floor: what the least script that does the job costs.
// `node floor.mjs <base URL> <picture, or folder with a slash at its end>`
import { readdir, readFile } from 'node:fs/promises';

const [baseUrl, target] = process.argv.slice(2);
const pictures = target.endsWith('/')
  ? (await readdir(target)).map((name) => target + name)
  : [target];

for (const picture of pictures) {
  const data = (await readFile(picture)).toString('base64');
  const inlineData = { mimeType: 'image/jpeg', data };
  const parts = [{ inlineData }, { text: 'Describe this picture in one or two plain sentences.' }];
  const response = await fetch(`${baseUrl}/v1beta/models/gemini-3.5-flash-lite:generateContent`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-goog-api-key': process.env.GEMINI_API_KEY },
    body: JSON.stringify({ contents: [{ role: 'user', parts }] }),
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const { candidates } = await response.json();
  console.log(candidates[0].content.parts[0].text);
}

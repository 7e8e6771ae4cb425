// The floor of a run over many pictures: the least script that asks as many at once.
// `node many-floor.mjs <base URL> <at once> <folder with a slash at its end>…`
import { readdir, readFile } from 'node:fs/promises';
import http from 'node:http';

const [baseUrl, atOnce, ...folders] = process.argv.slice(2);
const url = `${baseUrl}/v1beta/models/gemini-3.5-flash-lite:generateContent`;
const text = 'Describe this picture in one or two plain sentences.';
const headers = {
  'content-type': 'application/json',
  'x-goog-api-key': process.env.GEMINI_API_KEY,
};

async function* pictures() {
  for (const folder of folders) for (const name of await readdir(folder)) yield folder + name;
}

function post(body) {
  return new Promise((resolve, reject) => {
    const length = { 'content-length': Buffer.byteLength(body) };
    const request = http.request(url, { method: 'POST', headers: { ...headers, ...length } });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, chunks }));
    });
    request.end(body);
  });
}

async function work(source) {
  for await (const picture of source) {
    const data = (await readFile(picture)).toString('base64');
    const parts = [{ inlineData: { mimeType: 'image/jpeg', data } }, { text }];
    const { status, chunks } = await post(JSON.stringify({ contents: [{ role: 'user', parts }] }));
    if (status !== 200) throw new Error(`HTTP ${status}`);
    const { candidates } = JSON.parse(Buffer.concat(chunks));
    if (typeof candidates[0].content.parts[0].text !== 'string') throw new Error('no answer');
  }
}

const source = pictures();
await Promise.all(Array.from({ length: Number(atOnce) }, () => work(source)));

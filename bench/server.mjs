// A server on loopback without latency, in a process of its own so that its work is not counted.
// Of a stream it writes the first event at once and each further one when the parent asks for it.
import { createServer } from 'node:http';
import { now } from './clock.mjs';
import { filesApi } from './files-api.mjs';
import { pieces } from './pieces.mjs';

const usageMetadata = { promptTokenCount: 1130, candidatesTokenCount: 24 };
let writtenAt = [];
let writeNext = () => {};

const server = createServer((request, response) => {
  let bytes = 0;
  request.on('data', (chunk) => {
    bytes += chunk.length;
  });
  request.on('end', () => {
    if (files.takes(request)) files.answer(request, bytes, response);
    else if (request.url.includes(':streamGenerateContent')) stream(response);
    else answer(response, `A harbour at dusk, told in ${bytes} bytes${files.mention()}.`);
  });
});
const files = filesApi(server);

function answer(response, text) {
  const body = JSON.stringify(chunk(text, true));
  response.writeHead(200, {
    'content-type': 'application/json; charset=UTF-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

function stream(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  writeNext = () => {
    const index = writtenAt.length;
    if (index === pieces.length) return response.end();
    const data = JSON.stringify(chunk(pieces[index], index === pieces.length - 1));
    writtenAt.push(now());
    response.write(`data: ${data}\r\n\r\n`);
  };
  writeNext();
}

function chunk(text, last) {
  const content = { role: 'model', parts: [{ text }] };
  return {
    candidates: [{ content, ...(last && { finishReason: 'STOP' }), index: 0 }],
    usageMetadata,
    modelVersion: 'gemini-3.5-flash-lite',
  };
}

function reportStream() {
  process.send({ writtenAt });
  writtenAt = [];
}

process.on('message', (message) => (message === 'next' ? writeNext() : reportStream()));
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));

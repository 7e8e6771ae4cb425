// What a server sends: answers, and everything that goes wrong instead.

const JSON_TYPE = 'application/json; charset=UTF-8';
/** Short, as a fault is not what the pace is measured with. */
const FAULT_WAIT_MS = 200;

export function sendAnswer(response, text) {
  send(response, 200, JSON_TYPE, answer(text));
}

/** Out of quota for so many milliseconds. */
export function refusal(response, waitMs) {
  const retryDelay = `${Math.ceil(waitMs) / 1000}s`;
  const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay }];
  sendError(response, 429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted.', details);
}

/** The seven ways of a call to fail. */
export const faults = [
  (response) => sendError(response, 503, 'UNAVAILABLE', 'The model is overloaded.'),
  (response) => sendError(response, 500, 'INTERNAL', 'An internal error has occurred.'),
  (response) => sendError(response, 504, 'DEADLINE_EXCEEDED', 'Deadline expired.'),
  (response) => response.socket.resetAndDestroy(),
  (response) => send(response, 502, 'text/html', '<!DOCTYPE html><title>502</title>Bad gateway'),
  (response) => send(response, 200, JSON_TYPE, answer('Cut off').slice(0, 60)),
  (response) => refusal(response, FAULT_WAIT_MS),
];

function answer(text) {
  const content = { role: 'model', parts: [{ text }] };
  return JSON.stringify({
    candidates: [{ content, finishReason: 'STOP', index: 0 }],
    usageMetadata: { promptTokenCount: 1130, candidatesTokenCount: 24 },
    modelVersion: 'gemini-3.5-flash-lite',
  });
}

function sendError(response, code, status, message, details = []) {
  send(response, code, JSON_TYPE, JSON.stringify({ error: { code, message, status, details } }));
}

function send(response, status, type, body) {
  const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, headers).end(body);
}

/**
 * As much of the Files API as an upload needs: a start, chunks from the offset that is due, the
 * file, which is ACTIVE at once, and its deletion. Nothing is kept but the count of bytes.
 */
export function filesApi(server) {
  let announced = 0;
  let received = 0;

  const reply = (response, status, headers, value = {}) => {
    response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', ...headers });
    response.end(JSON.stringify(value));
  };
  const origin = () => `http://127.0.0.1:${server.address().port}`;
  const file = () => ({
    name: 'files/huge',
    mimeType: 'image/jpeg',
    sizeBytes: String(received),
    uri: `${origin()}/v1beta/files/huge`,
    state: 'ACTIVE',
  });

  return {
    takes: ({ url }) => url.startsWith('/upload/') || url.startsWith('/v1beta/files/'),
    /** For an answer: what has arrived of a file that is not deleted yet. */
    mention: () => (received > 0 ? ` after an upload of ${received}` : ''),
    answer({ method, url, headers }, bytes, response) {
      if (method === 'DELETE') {
        received = 0;
        return reply(response, 200, {});
      }
      if (!url.startsWith('/upload/')) return reply(response, 200, {}, file());
      const command = headers['x-goog-upload-command'];
      if (command === 'start') {
        announced = Number(headers['x-goog-upload-header-content-length']);
        received = 0;
        const address = `${origin()}/upload/v1beta/files?upload_id=one&upload_protocol=resumable`;
        const start = { 'x-goog-upload-status': 'active', 'x-goog-upload-url': address };
        return reply(response, 200, start);
      }
      const isDue = Number(headers['x-goog-upload-offset']) === received;
      if (!command.startsWith('upload') || !isDue) return reply(response, 400, {});
      received += bytes;
      const isLast = command.includes('finalize');
      if (isLast && received !== announced) return reply(response, 400, {});
      const status = { 'x-goog-upload-status': isLast ? 'final' : 'active' };
      return reply(response, 200, status, isLast ? { file: file() } : {});
    },
  };
}

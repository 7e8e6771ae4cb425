// Finds the method of the API that a request line means.
import { badRequest, notFound } from './errors.js';

export type Route =
  | { method: 'generateContent' | 'streamGenerateContent' | 'countTokens'; model: string }
  | { method: 'getModel'; model: string }
  | { method: 'listModels' }
  | { method: 'startUpload' }
  | { method: 'getFile' | 'deleteFile'; file: string }
  | { method: 'listFiles' }
  | { method: 'batchGenerateContent'; model: string }
  | { method: 'getBatch' | 'cancelBatch' | 'deleteBatch'; batch: string }
  | { method: 'listBatches' }
  | { method: 'download'; file: string };

export interface RequestLine {
  /** HTTP verb. */
  readonly verb: string;
  /** Path as sent, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Splits a request target by hand: `new URL` throws for targets such as `//`. */
export function readRequestLine(verb: string | undefined, target: string | undefined): RequestLine {
  const [path = '', ...query] = (target ?? '').split('?');
  return { verb: verb ?? '', path, query: new URLSearchParams(query.join('?')) };
}

/** Parameters that any method of a Google API takes and that change nothing here. */
const SYSTEM_PARAMETERS = ['alt', '$alt', 'prettyPrint', '$prettyPrint'];

const PAGE_PARAMETERS = ['pageSize', 'pageToken', 'page_size', 'page_token'];

const QUERY_PARAMETERS = {
  generateContent: SYSTEM_PARAMETERS,
  streamGenerateContent: SYSTEM_PARAMETERS,
  countTokens: SYSTEM_PARAMETERS,
  getModel: SYSTEM_PARAMETERS,
  listModels: [...SYSTEM_PARAMETERS, ...PAGE_PARAMETERS],
  startUpload: SYSTEM_PARAMETERS,
  upload: [...SYSTEM_PARAMETERS, 'upload_id', 'upload_protocol'],
  getFile: SYSTEM_PARAMETERS,
  deleteFile: SYSTEM_PARAMETERS,
  listFiles: [...SYSTEM_PARAMETERS, ...PAGE_PARAMETERS],
  batchGenerateContent: SYSTEM_PARAMETERS,
  getBatch: SYSTEM_PARAMETERS,
  cancelBatch: SYSTEM_PARAMETERS,
  deleteBatch: SYSTEM_PARAMETERS,
  listBatches: [...SYSTEM_PARAMETERS, ...PAGE_PARAMETERS],
  download: SYSTEM_PARAMETERS,
} as const satisfies Record<Route['method'] | 'upload', readonly string[]>;

export const UPLOAD_PATH = '/upload/v1beta/files';

const FILE_PATH = /^\/v1beta\/files\/([^/:]+)$/;
const BATCH_PATH = /^\/v1beta\/batches\/([^/:]+)(:cancel)?$/;
/** Google accepts both; its own client leaves out the first part. */
const DOWNLOAD_PATH = /^(?:\/download)?\/v1beta\/files\/([^/:]+):download$/;
const MODEL_PATH = /^\/v1beta\/models\/([^/:]+)(?::([A-Za-z]+))?$/;

/** Whether the body is the bytes of a file, sent to the URL that the start of an upload answers. */
export function isUpload({ verb, path, query }: RequestLine): boolean {
  return verb === 'POST' && path === UPLOAD_PATH && query.has('upload_id');
}

/** Throws 404 for a path that is no method of this API, and for a wrong verb. */
export function routeOf({ verb, path }: RequestLine): Route {
  if (verb === 'GET' && path === '/v1beta/models') return { method: 'listModels' };
  if (verb === 'GET' && path === '/v1beta/files') return { method: 'listFiles' };
  if (verb === 'POST' && path === UPLOAD_PATH) return { method: 'startUpload' };
  const file = decode(FILE_PATH.exec(path)?.[1]);
  if (file !== undefined && verb === 'GET') return { method: 'getFile', file };
  if (file !== undefined && verb === 'DELETE') return { method: 'deleteFile', file };
  const results = decode(DOWNLOAD_PATH.exec(path)?.[1]);
  if (results !== undefined && verb === 'GET') return { method: 'download', file: results };
  const batch = batchRouteOf(verb, path);
  if (batch) return batch;
  const [, encoded, method] = MODEL_PATH.exec(path) ?? [];
  const model = decode(encoded);
  if (model === undefined) throw methodNotFound();
  if (verb === 'GET' && method === undefined) return { method: 'getModel', model };
  if (verb !== 'POST') throw methodNotFound();
  switch (method) {
    case 'generateContent':
    case 'streamGenerateContent':
    case 'countTokens':
    case 'batchGenerateContent':
      return { method, model };
    default:
      throw methodNotFound();
  }
}

function batchRouteOf(verb: string, path: string): Route | undefined {
  if (verb === 'GET' && path === '/v1beta/batches') return { method: 'listBatches' };
  const [, encoded, cancel] = BATCH_PATH.exec(path) ?? [];
  const batch = decode(encoded);
  if (batch === undefined) return undefined;
  if (verb === 'POST' && cancel !== undefined) return { method: 'cancelBatch', batch };
  if (verb === 'GET' && cancel === undefined) return { method: 'getBatch', batch };
  if (verb === 'DELETE' && cancel === undefined) return { method: 'deleteBatch', batch };
  return undefined;
}

/**
 * Throws 400 for a query parameter that the method does not have. `key` is refused as well, although
 * Google takes it: a key in a URL ends up in logs, and its client should notice.
 */
export function checkQuery(method: keyof typeof QUERY_PARAMETERS, query: URLSearchParams): void {
  const known: readonly string[] = QUERY_PARAMETERS[method];
  const unknown = [...new Set(query.keys())].filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw badRequest(
    unknown.map((name) => ({
      description:
        `Invalid JSON payload received. Unknown name "${name}": Cannot bind query parameter. ` +
        `Field '${name}' could not be found in request message.`,
    })),
  );
}

function decode(encoded: string | undefined): string | undefined {
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

function methodNotFound() {
  return notFound('Method not found.');
}

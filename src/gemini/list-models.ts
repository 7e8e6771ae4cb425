import { isObject } from '../domain/json.js';
import type { Abortable } from '../network/abort.js';
import { openConnection } from '../network/connection.js';
import type { RetrySettings } from '../network/retry.js';
import type { ClientSettings } from './client.js';
import { asArray, asText } from './json.js';
import { keyRedactor } from './key.js';
import { type Rest, type RestReply, repeatedly, restOf } from './rest.js';

/** A model as the service lists it. */
export interface ListedModel {
  /** Without `models/`. */
  name: string;
  displayName: string | undefined;
  /** Such as `generateContent` and `batchGenerateContent`. */
  methods: readonly string[];
}

export interface ModelList {
  models: readonly ListedModel[];
  /** The clock of the service when it answered, if it said so. */
  servedAt: Date | undefined;
}

/** More pages than this would be a server that repeats itself. */
const MOST_PAGES = 20;

type ListSettings = Pick<ClientSettings, 'apiKey' | 'baseUrl' | 'proxy' | 'timeoutMs' | 'retries'>;

/**
 * Asks the service which models this key may see, by `models.list`. It costs nothing.
 *
 * @throws GeminiImageError, whose texts do not hold the key.
 */
export async function listModels(
  { apiKey, baseUrl, proxy, timeoutMs, retries }: ListSettings,
  { signal, tell }: Pick<RetrySettings, 'signal' | 'tell'> = {},
): Promise<ModelList> {
  const rest = restOf(openConnection(baseUrl, proxy), apiKey, timeoutMs, keyRedactor(apiKey));
  const models = new Map<string, ListedModel>();
  let servedAt: Date | undefined;
  let pageToken = '';
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const reply = await repeatedly({ retries, signal, tell }, () =>
      onePage(rest, baseUrl, pageToken, signal),
    );
    servedAt ??= dateOf(reply);
    const { value } = reply;
    for (const model of modelsIn(value)) models.set(model.name, model);
    pageToken = (isObject(value) && asText(value.nextPageToken)) || '';
    if (pageToken === '') break;
  }
  return { models: [...models.values()], servedAt };
}

function onePage(
  rest: Rest,
  baseUrl: string,
  pageToken: string,
  signal: Abortable | undefined,
): Promise<RestReply> {
  const query = new URLSearchParams({ pageSize: '100', ...(pageToken && { pageToken }) });
  return rest(`${baseUrl}/v1beta/models?${query}`, { method: 'GET', signal });
}

function modelsIn(value: unknown): ListedModel[] {
  return asArray(isObject(value) ? value.models : undefined).flatMap((model) => {
    const name = isObject(model) ? asText(model.name) : undefined;
    if (!isObject(model) || name === undefined) return [];
    return [
      {
        name: name.replace(/^models\//, ''),
        displayName: asText(model.displayName),
        methods: asArray(model.supportedGenerationMethods).flatMap(
          (method) => asText(method) ?? [],
        ),
      },
    ];
  });
}

function dateOf({ headers: { date } }: RestReply): Date | undefined {
  const time = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(time) ? undefined : new Date(time);
}

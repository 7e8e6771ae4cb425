// What decides whether the service answers: key, address, the way there, the model, the clock.
import { readFile } from 'node:fs/promises';
import { GeminiImageError, usageError } from '../domain/error.js';
import { whyUnread } from '../domain/system-errors.js';
import { DEFAULT_BASE_URL, isLocalService } from '../gemini/base-url.js';
import { vertexVariables } from '../gemini/key.js';
import { listModels, type ModelList } from '../gemini/list-models.js';
import {
  DEFAULT_MODEL,
  factsOf,
  type ModelFacts,
  nearestModels,
  PRICES_AS_OF,
  priceOf,
} from '../gemini/models.js';
import { bypassesProxy, parseProxy } from '../network/connection.js';
import { duration } from '../output/quantities.js';
import type { CommandContext, Settings, Surroundings } from '../run/context.js';
import { type Finding, right, warning, wrong } from './finding.js';

const TIMEOUT_MS = 20_000;

/** Does work and says what is wrong if that throws. */
async function attempt<T>(
  what: string,
  work: () => T | Promise<T>,
): Promise<{ value: T } | { problem: Finding }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof GeminiImageError)) throw error;
    if (error.kind === 'interrupted') throw error;
    return { problem: wrong(what, error) };
  }
}

/**
 * Looks at everything about the service.
 *
 * @param offline whether nothing may be asked, and no key is needed.
 */
export async function lookAtService(
  settings: Settings,
  offline: boolean,
  { signals, today, surroundings }: CommandContext,
): Promise<Finding[]> {
  const key = await attempt('key', () => settings.apiKey());
  const baseUrl = await attempt('address', () => settings.baseUrl());
  const model = await attempt('model', () => settings.model);
  const proxy = proxyFinding(settings, 'value' in baseUrl ? baseUrl.value : DEFAULT_BASE_URL);
  const mayAsk = 'value' in key && 'value' in baseUrl && proxy.state !== 'wrong' && !offline;
  const list = mayAsk
    ? await attempt('service', () =>
        listModels(
          {
            apiKey: key.value,
            baseUrl: baseUrl.value,
            proxy: settings.proxy,
            timeoutMs: TIMEOUT_MS,
            retries: 0,
          },
          { signal: signals.stop },
        ),
      )
    : undefined;
  const models = list && 'value' in list ? list.value : undefined;
  return [
    'value' in key ? keyFinding(key.value, surroundings) : needed(key.problem, offline),
    ...(list ? [models ? accepted(models) : 'problem' in list ? list.problem : []].flat() : []),
    ...(list ? [] : [notAsked(offline)]),
    'value' in model ? modelFinding(model.value, models, today) : model.problem,
    pricesFinding('value' in model ? model.value : DEFAULT_MODEL, today),
    'value' in baseUrl ? addressFinding(baseUrl.value) : baseUrl.problem,
    proxy,
    ...otherProxies(settings, surroundings),
    ...(await certificateFindings(surroundings)),
    ...(models?.servedAt ? [clockFinding(models.servedAt)] : []),
    ...vertexFindings(surroundings),
  ];
}

/** Offline, nothing fails for want of a key. */
function needed(problem: Finding, offline: boolean): Finding {
  return offline ? { ...problem, state: 'warning' } : problem;
}

function keyFinding(key: string, { keySource }: Surroundings): Finding {
  return right('key', `${keySource() ?? 'there'}; ${kindOf(key)}`);
}

/** By its beginning; its characters are never shown. */
function kindOf(key: string): string {
  if (key.startsWith('AQ.')) return 'a key of the new kind (AQ.)';
  if (/^AIza[\w-]{35}$/.test(key)) {
    return 'a key of the old kind (AIza), which Google refuses unless it is restricted';
  }
  return "none of the forms that Google's keys have; it may be a gateway's";
}

function notAsked(offline: boolean): Finding {
  return offline
    ? right('service', 'not asked (--offline)')
    : warning('service', 'not asked, since key, address or proxy cannot be used');
}

function accepted({ models }: ModelList): Finding {
  return right('service', `it accepts the key, and lists ${models.length} models`);
}

function modelFinding(model: string, list: ModelList | undefined, today: Date): Finding {
  const facts = factsOf(model, today);
  const name = model === DEFAULT_MODEL ? `${model}, the default` : model;
  const instead = `The default is ${DEFAULT_MODEL}; gemini-image models lists what there is.`;
  if (facts?.standing === 'retired') {
    return wrong('model', usageError(`${name}: retired, answers 404`, instead));
  }
  const isListed = list?.models.some((one) => one.name === model);
  const near = facts ? [] : nearestModels(model);
  const guess = near.length > 0 ? `Perhaps ${near.join(' or ')}. ` : '';
  if (isListed === false) {
    const found = `${name}: the service does not list it for this key`;
    if (!facts) return wrong('model', usageError(found, `${guess}${instead}`));
    return warning('model', found, instead);
  }
  if (facts) return standing(name, facts, instead);
  const found = `${name}: this version does not know it, nor its price`;
  return warning('model', found, isListed ? undefined : `${guess}${instead}`);
}

function standing(name: string, facts: ModelFacts, instead: string): Finding {
  const { routedTo, next, shutdown } = facts;
  switch (facts.standing) {
    case 'routed':
      return warning('model', `${name}: ${routedTo} answers, and is billed`, `Use -m ${routedTo}.`);
    case 'closed':
      return warning('model', `${name}: only for projects that have used it before`, instead);
    case 'previous':
      return warning('model', `${name}: of the generation before; Google has announced its end`);
    case 'preview':
      return warning('model', `${name}: a preview, which may change or end at short notice`);
    default: {
      const ends = shutdown === undefined ? '' : `; it ends on ${shutdown} at the earliest`;
      const changes = next && 'routedTo' in next ? `; from ${next.from} on routed` : '';
      return right('model', `${name}: stable${ends}${changes}`);
    }
  }
}

/** After this long, prices have probably changed. */
const OLD_DAYS = 120;

function pricesFinding(model: string, today: Date): Finding {
  const price = priceOf(model, today);
  const next = factsOf(model, today)?.next;
  const change = next && 'price' in next ? `; ${model} costs more from ${next.from} on` : '';
  if (!price)
    return warning('prices', `none is known for ${model}, by the table of ${PRICES_AS_OF}`);
  const amounts = `$${price.input} / $${price.output} a million tokens`;
  const found = `${amounts}, by the table of ${PRICES_AS_OF}${change}`;
  const days = (+today - Date.parse(PRICES_AS_OF)) / 86_400_000;
  return days > OLD_DAYS
    ? warning('prices', `${found}, ${Math.round(days)} days old`, 'Update gemini-image.')
    : right('prices', found);
}

function addressFinding(baseUrl: string): Finding {
  return baseUrl === DEFAULT_BASE_URL
    ? right('address', baseUrl)
    : warning('address', `${baseUrl}, which is not Google's: the key goes there`);
}

function proxyFinding({ proxy }: Settings, baseUrl: string): Finding {
  if (!proxy) return right('proxy', 'none (HTTPS_PROXY is not set)');
  try {
    const url = parseProxy(proxy.httpsProxy);
    const login = url.username === '' ? '' : ', with user and password (Basic; not NTLM)';
    const where = `${url.protocol}//${url.host}${login}`;
    if (bypassesProxy(baseUrl, proxy.noProxy ?? '')) {
      return right('proxy', `${where}; NO_PROXY goes without it to ${new URL(baseUrl).host}`);
    }
    return right('proxy', where);
  } catch (error) {
    if (!(error instanceof GeminiImageError)) throw error;
    // Calls to this machine go without it; pictures in the web do not.
    return isLocalService(baseUrl)
      ? warning('proxy', error.message, error.hint)
      : wrong('proxy', error);
  }
}

function otherProxies({ proxy, unreadProxy }: Settings, { variable }: Surroundings): Finding[] {
  const all = ['ALL_PROXY', 'all_proxy'].find((name) => variable(name) !== undefined);
  const findings: Finding[] = [];
  if (unreadProxy !== undefined) {
    findings.push(
      warning('proxy', `${unreadProxy} is not read`, 'Set HTTPS_PROXY to go through a proxy.'),
    );
  } else if (proxy && all !== undefined) {
    findings.push(right('proxy', `${all} is not read; HTTPS_PROXY holds`));
  }
  const plain = ['HTTP_PROXY', 'http_proxy'].find((name) => variable(name) !== undefined);
  if (plain !== undefined && !proxy) {
    findings.push(
      warning('proxy', `${plain} is not read: all calls are https`, 'Set HTTPS_PROXY.'),
    );
  }
  return findings;
}

/** Where other programs find certificates; Node does not look there. */
const FOREIGN_CERTIFICATES = [
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
];

async function certificateFindings({ variable }: Surroundings): Promise<Finding[]> {
  const findings: Finding[] = [];
  if (variable('NODE_TLS_REJECT_UNAUTHORIZED') === '0') {
    findings.push(
      warning(
        'certificates',
        'NODE_TLS_REJECT_UNAUTHORIZED=0: none is checked, so anybody on the way can read the key',
        'Unset it, and name the certificate of your network in NODE_EXTRA_CA_CERTS.',
      ),
    );
  }
  const extra = variable('NODE_EXTRA_CA_CERTS');
  if (extra !== undefined) findings.push(await extraCertificates(extra));
  const foreign = FOREIGN_CERTIFICATES.find((name) => variable(name) !== undefined);
  if (foreign !== undefined && extra === undefined) {
    findings.push(
      warning('certificates', `${foreign} is not read`, 'Set NODE_EXTRA_CA_CERTS to that file.'),
    );
  }
  return findings.length > 0 ? findings : [right('certificates', 'those that Node brings')];
}

async function extraCertificates(path: string): Promise<Finding> {
  const todo = 'Node leaves it out with a warning, and goes on without it.';
  try {
    const text = await readFile(path, 'latin1');
    const count = text.split('-----BEGIN CERTIFICATE-----').length - 1;
    if (count === 0) return warning('certificates', `${path} holds none in PEM form`, todo);
    return right('certificates', `${count} more from ${path} (NODE_EXTRA_CA_CERTS)`);
  } catch (error) {
    return warning('certificates', `${path} cannot be read: ${whyUnread(error)}`, todo);
  }
}

/** Certificates and batches tolerate a few minutes. */
const MOST_SKEW_MS = 5 * 60_000;

function clockFinding(servedAt: Date): Finding {
  const skew = Date.now() - +servedAt;
  if (Math.abs(skew) <= MOST_SKEW_MS) return right('clock', 'as that of the service');
  const which = skew > 0 ? 'ahead of' : 'behind';
  return warning(
    'clock',
    `${duration(Math.abs(skew))} ${which} that of the service`,
    'Set it: certificates and prices are judged by the date.',
  );
}

function vertexFindings({ variable }: Surroundings): Finding[] {
  const set = vertexVariables(variable);
  if (set.length === 0) return [];
  return [
    warning(
      'Vertex AI',
      `${set.join(', ')}: not read, since only the Gemini Developer API is spoken here`,
      'Use a key of https://aistudio.google.com/apikey; one of Vertex or a service account does not work.',
    ),
  ];
}

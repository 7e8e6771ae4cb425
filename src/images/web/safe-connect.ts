import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import type { RequestOptions } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import { GeminiImageError, inputError } from '../../domain/error.js';
import type { ProxySettings } from '../../domain/proxy.js';
import { type Abortable, onAbort } from '../../network/abort.js';
import { proxyFor } from '../../network/connection.js';
import { networkError } from '../../network/network-error.js';
import { TunnelAgent } from '../../network/tunnel.js';

export interface RouteSettings extends HostRule {
  proxy?: ProxySettings | undefined;
}

/** What to check if a server was not reached. */
export const ROUTE_HINT = 'Check the address, the network and HTTPS_PROXY.';

/**
 * The route to a URL's server, as options for Node's `request`: direct or through the proxy, but to an
 * address that was checked. Each route is for one request. Its connection is not kept, so that none is
 * reused that was opened under another rule.
 *
 * @throws GeminiImageError of kind `input` if connecting to the address is not allowed, of kind
 *   `service` if there is no address.
 */
export async function routeTo(
  url: URL,
  settings: RouteSettings,
  signal: Abortable,
): Promise<RequestOptions> {
  const proxy = proxyFor(url.href, settings.proxy);
  if (!proxy) return { agent: false, lookup: always(await addressesOf(url, settings, signal)) };
  const tunnel = new TunnelAgent(proxy, { keepAlive: false });
  if (settings.allowPrivateHosts) return tunnel.optionsFor(signal);
  const addresses = await addressesOf(url, settings, signal).catch((error: unknown) => {
    throw error instanceof GeminiImageError ? error : notFoundHere(error);
  });
  return tunnel.optionsFor(signal, likeliest(addresses));
}

/** A lookup that returns these addresses only, in the two forms that Node asks for. */
function always(addresses: Addresses): LookupFunction {
  return (_hostname, { all }, found) => {
    const [{ address, family }] = addresses;
    if (all) found(null, [...addresses]);
    else found(null, address, family);
  };
}

/** The address for a proxy, which gets only one: IPv4 first, which more proxies reach. */
function likeliest(addresses: Addresses): string {
  return (addresses.find(({ family }) => family === 4) ?? addresses[0]).address;
}

function notFoundHere(error: unknown): GeminiImageError {
  return networkError(
    error,
    'If only the proxy can look names up, --allow-private-hosts leaves it to the proxy.',
  );
}

/** Which hosts may be connected to. */
interface HostRule {
  allowPrivateHosts: boolean;
  /** Finds the addresses of a name; the system's own unless a test brings another. */
  lookup?: Lookup;
  /** Tells public addresses from others; `isPublicAddress` unless a test brings another. */
  isPublic?: (address: string) => boolean;
}

type Lookup = (hostname: string, options: { all: true }) => Promise<LookupAddress[]>;

/** Addresses that have been checked: at least one. */
type Addresses = readonly [LookupAddress, ...LookupAddress[]];

/**
 * All addresses that a URL's host has now. Connect to these and do not look the name up again, because
 * the next answer may be another one.
 *
 * @throws GeminiImageError of kind `input` if one of them is not public and must be; the lookup's own
 *   error if there are none.
 */
async function addressesOf(
  url: URL,
  { allowPrivateHosts, lookup = systemLookup, isPublic }: HostRule,
  signal: Abortable,
): Promise<Addresses> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  const addresses =
    family === 0
      ? await untilAborted(lookup(host, { all: true }), signal)
      : [{ address: host, family }];
  const [first, ...others] = addresses;
  if (!first) throw Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' });
  if (!allowPrivateHosts) {
    const judge = isPublic ?? (await import('./public-address.js')).isPublicAddress;
    const refused = addresses.find(({ address }) => !judge(address));
    if (refused) throw notPublic(refused.address);
  }
  return [first, ...others];
}

function notPublic(address: string): GeminiImageError {
  return inputError(
    `its address is not public (${address})`,
    'To fetch pictures from this machine or its network, give --allow-private-hosts.',
  );
}

/** Stops waiting for the work after the signal, because a lookup cannot be called off. */
function untilAborted<T>(work: Promise<T>, signal: Abortable): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopListening = onAbort(signal, () => reject(signal.reason));
    work.then(resolve, reject).finally(stopListening);
  });
}

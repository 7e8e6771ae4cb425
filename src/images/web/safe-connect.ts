import type { RequestOptions } from 'node:http';
import type { LookupFunction } from 'node:net';
import { GeminiImageError } from '../../domain/error.js';
import type { ProxySettings } from '../../domain/proxy.js';
import { proxyFor } from '../../network/connection.js';
import { networkError } from '../../network/network-error.js';
import { TunnelAgent } from '../../network/tunnel.js';
import { type Addresses, addressesOf, type HostRule } from './addresses.js';

export interface WaySettings extends HostRule {
  proxy?: ProxySettings | undefined;
}

/** What to check where a server was not reached. */
export const WAY_HINT = 'Check the address, the network and HTTPS_PROXY.';

/**
 * The way to a URL's server, as options for Node's `request`: straight or through the proxy, but
 * to an address that was checked. Each way is for one request, and its connection is not kept, so
 * that none is reused that was opened under another rule.
 *
 * @throws GeminiImageError of kind `input` where the address must not be connected to, of kind
 *   `service` where there is none.
 */
export async function wayTo(
  url: URL,
  settings: WaySettings,
  signal: AbortSignal,
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

/** A lookup that only knows these addresses, in the two forms that Node asks for. */
function always(addresses: Addresses): LookupFunction {
  return (_hostname, { all }, found) => {
    const [{ address, family }] = addresses;
    if (all) found(null, [...addresses]);
    else found(null, address, family);
  };
}

/** A proxy is given one address only, and more of them reach IPv4 than IPv6. */
function likeliest(addresses: Addresses): string {
  return (addresses.find(({ family }) => family === 4) ?? addresses[0]).address;
}

function notFoundHere(error: unknown): GeminiImageError {
  return networkError(
    error,
    'If only the proxy can look names up, --allow-private-hosts leaves it to the proxy.',
  );
}

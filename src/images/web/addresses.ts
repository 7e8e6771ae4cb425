import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { GeminiImageError } from '../../domain/error.js';
import { onAbort } from '../../network/abort.js';

/** Which hosts may be connected to. */
export interface HostRule {
  allowPrivateHosts: boolean;
  /** Finds the addresses of a name; the system's own unless a test brings another. */
  lookup?: Lookup;
  /** Tells public addresses from others; `isPublicAddress` unless a test brings another. */
  isPublic?: (address: string) => boolean;
}

export type Lookup = (hostname: string, options: { all: true }) => Promise<LookupAddress[]>;

/** Addresses that have been checked: at least one. */
export type Addresses = readonly [LookupAddress, ...LookupAddress[]];

/**
 * All addresses that a URL's host has now. Whoever connects must connect to these and not look the
 * name up again, since the next answer may be another one.
 *
 * @throws GeminiImageError of kind `input` where one of them is not public and must be; the
 *   lookup's own error where there are none.
 */
export async function addressesOf(
  url: URL,
  { allowPrivateHosts, lookup = systemLookup, isPublic }: HostRule,
  signal: AbortSignal,
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
  return new GeminiImageError({
    kind: 'input',
    message: `its address is not public (${address})`,
    hint: 'To fetch pictures from this machine or its network, give --allow-private-hosts.',
  });
}

/** Lookups cannot be called off; this one is no longer waited for. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopListening = onAbort(signal, () => reject(signal.reason));
    work.then(resolve, reject).finally(stopListening);
  });
}

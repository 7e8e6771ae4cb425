import ipaddr from 'ipaddr.js';

/** The part of IPv6 that is assigned to the public so far (IANA, IPv6 address space). */
const GLOBAL = ipaddr.IPv6.parseCIDR('2000::/3');

/** IPv4 hosts as seen from networks without IPv4: the address inside is meant (RFC 6052). */
const TRANSLATED = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/**
 * Whether an address belongs to a host of the public internet: not to this machine, not to the
 * local network, and to none of the ranges reserved for other uses. Addresses in which a public
 * IPv4 address is mapped or translated are public; those of tunnels (6to4, Teredo) never are.
 *
 * @param address as the system's lookup gives it.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv4) return parsed.range() === 'unicast';
  if (parsed.match(TRANSLATED)) return isPublicAddress(parsed.toByteArray().slice(12).join('.'));
  return parsed.range() === 'unicast' && parsed.match(GLOBAL);
}

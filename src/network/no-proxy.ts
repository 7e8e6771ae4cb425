/**
 * Whether a URL is to be reached without the proxy, by the usual reading of NO_PROXY: names apart
 * by commas or blanks, each for itself and its subdomains, with or without a leading dot or `*.`
 * and a port; `*` for everything.
 */
export function bypassesProxy(url: string, noProxy: string): boolean {
  const { hostname, port, protocol } = new URL(url);
  const actualPort = port || (protocol === 'https:' ? '443' : '80');
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = '', wantedPort] = /^(?:\*?\.)?(.*?)(?::(\d+))?$/.exec(entry) ?? [];
      if (wantedPort !== undefined && wantedPort !== actualPort) return false;
      return hostname === name || hostname.endsWith(`.${name}`);
    });
}

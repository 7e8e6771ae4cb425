/** How requests leave this machine. */
export interface ProxySettings {
  /** An http or https proxy, with user and password if it wants them. */
  httpsProxy: string;
  /** Hosts to reach without it, as in NO_PROXY. */
  noProxy?: string | undefined;
}

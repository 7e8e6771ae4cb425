/** How an error names such a page. */
export function webPage(status: number, title: string): string {
  return `a proxy or gateway answered with a web page (HTTP ${status}${title && `: ${title}`})`;
}

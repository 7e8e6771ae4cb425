// The page of an export: one file that needs no other one but pictures.
import { createHash } from 'node:crypto';
import type { StaticFiles } from '../page-files.js';

/** By it the page finds what it shows. */
const DATA_ID = 'ledger';

/** What stands before the data. */
export function pageBefore({ script, style, icon }: StaticFiles, title: string): string {
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    // The first is for a page on a server, the second for a file.
    "img-src 'self' file: data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${asHtml(title)}</title>
<link rel="icon" href="data:image/svg+xml;base64,${Buffer.from(icon).toString('base64')}">
<style>${style}</style>
</head>
<body>
<div id="page"><noscript>This page needs JavaScript.</noscript></div>
<script type="application/json" id="${DATA_ID}">`;
}

/** What stands after the data. The script comes last, so that all that it needs is there. */
export function pageAfter({ script }: StaticFiles): string {
  return `</script>
<script type="module">${script}</script>
</body>
</html>
`;
}

/** Data as JSON that nothing in it can end: a browser looks for tags and comments only behind a `<`. */
export function inlined(data: unknown): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function asHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

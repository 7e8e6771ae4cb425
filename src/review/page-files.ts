// The files of the page, which lie beside this one once the package is built.
import { readFile } from 'node:fs/promises';

export interface PageFiles {
  html: string;
  script: string;
  style: string;
  icon: string;
}

export async function readPageFiles(): Promise<PageFiles> {
  const read = (name: string) => readFile(new URL(`./page/${name}`, import.meta.url), 'utf8');
  const [html, script, style, icon] = await Promise.all(
    ['page.html', 'page.js', 'page.css', 'icon.svg'].map(read),
  );
  if (html === undefined || script === undefined || style === undefined || icon === undefined) {
    throw new Error('a file of the page is missing');
  }
  return { html, script, style, icon };
}

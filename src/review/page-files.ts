// The files of the page, which lie beside this one once the package is built.
import { readFile } from 'node:fs/promises';

export interface PageFiles {
  html: string;
  script: string;
  style: string;
  icon: string;
}

/** The parts of a page that is only shown. */
export type StaticFiles = Omit<PageFiles, 'html'>;

export async function readPageFiles(): Promise<PageFiles> {
  const [html = '', script = '', style = '', icon = ''] = await Promise.all(
    ['page.html', 'page.js', 'page.css', 'icon.svg'].map(read),
  );
  return { html, script, style, icon };
}

export async function readStaticFiles(): Promise<StaticFiles> {
  const [script = '', style = '', icon = ''] = await Promise.all(
    ['static.js', 'page.css', 'icon.svg'].map(read),
  );
  return { script, style, icon };
}

function read(name: string): Promise<string> {
  return readFile(new URL(`./page/${name}`, import.meta.url), 'utf8');
}

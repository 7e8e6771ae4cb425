// The files of the page, as they are built.
import { readFile } from 'node:fs/promises';
import { ownFile } from '../own-files.js';

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
  return readFile(ownFile(`dist/review/page/${name}`), 'utf8');
}

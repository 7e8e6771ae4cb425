import { createHash } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { type GeminiImageError, inputError } from '../../domain/error.js';
import { fileNamed, type ImageReference, referenceTo } from '../../images/find/reference.js';
import { percentDecoded } from '../../network/text.js';
import type { PageFile } from '../find/find-pages.js';
import { withSlash } from '../find/gitignore.js';
import type { PictureSource } from '../page-image.js';
import { pictureNamed } from './by-name.js';

export interface PictureOptions {
  /** The folder that addresses mean which begin with a slash. */
  readonly root?: string | undefined;
  /** What stands before such addresses once the site is built, such as `/blog`. */
  readonly baseurl?: string | undefined;
  /** Whether pictures outside of the folder of the pages, or its repository, are read too. */
  readonly allowOutside?: boolean | undefined;
}

/** The picture of an image, or why there is none. */
export type Where =
  | { readonly kind: 'found'; readonly reference: ImageReference }
  | { readonly kind: 'failed'; readonly error: GeminiImageError };

/** Finds the picture of an image. Of several choices, the first that is there counts. */
export function whereIs(
  source: PictureSource,
  page: PageFile,
  form: string,
  options: PictureOptions,
): Where {
  if (source.kind === 'svg') return found(dataReference(svgUrl(source.text)));
  if (source.kind !== 'address') return failed('it names no picture');
  let first: Where | undefined;
  for (const choice of source.choices) {
    const where = whereAddressIs(choice, source.base, page, form, options);
    if (where.kind === 'found') return where;
    first ??= where;
  }
  return first ?? failed('it names no picture');
}

function whereAddressIs(
  address: string,
  base: string | undefined,
  page: PageFile,
  form: string,
  options: PictureOptions,
): Where {
  if (/^data:/i.test(address)) return found(dataReference(address));
  const remote = remoteAddress(address, base);
  if (remote !== undefined) return found(referenceTo(remote));
  if (/^[a-z][a-z\d+.-]+:/i.test(address)) {
    return failed(`${address} is no picture that can be fetched`);
  }
  const paths = pathsOf(address);
  const places = placesFor(base, page, options);
  for (const path of paths) {
    for (const file of places(path)) {
      if (statSync(file, { throwIfNoEntry: false })?.isFile()) return inside(file, page, options);
    }
  }
  const wiki = form === '![[]]' ? pictureNamed(page.folder, paths[0] ?? '') : undefined;
  if (wiki !== undefined) return inside(wiki, page, options);
  const isRooted = address.startsWith('/') && options.root === undefined;
  return failed(
    `${paths[0]} is not there`,
    isRooted ? 'Name the folder that / means with --root.' : undefined,
  );
}

/** An address in the web, if it is one by itself or by the base of its page. */
function remoteAddress(address: string, base: string | undefined): string | undefined {
  if (/^https?:\/\//i.test(address)) return address;
  const isBaseRemote = base !== undefined && /^(?:https?:)?\/\//i.test(base);
  const root = isBaseRemote ? new URL(base.replace(/^\/\//, 'https://')).href : undefined;
  if (address.startsWith('//')) return `https:${address}`;
  return root !== undefined && URL.canParse(address, root)
    ? new URL(address, root).href
    : undefined;
}

/** The paths that an address may mean: as it is written, and without query and escapes. */
function pathsOf(address: string): string[] {
  const path = address.replace(/[?#].*$/s, '');
  return [...new Set([percentDecoded(path), path, address])].filter((one) => one !== '');
}

/** The usual folders of files that a site generator copies as they are. */
const STATIC = ['', 'public', 'static', 'src'];

/** The files that a path may mean, the likeliest first. */
function placesFor(
  base: string | undefined,
  { name, folder, home }: PageFile,
  { root, baseurl = '' }: PictureOptions,
): (path: string) => string[] {
  const own = dirname(resolve(name));
  return (path) => {
    if (!path.startsWith('/')) {
      const isRooted = base?.startsWith('/') === true;
      return isRooted ? rooted(join(base ?? '', path)) : [join(own, base ?? '', path)];
    }
    return rooted(path);
  };
  function rooted(path: string): string[] {
    const prefix = baseurl.replace(/\/+$/, '');
    const below = prefix !== '' && path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path;
    if (root !== undefined) return [join(root, below)];
    const folders = new Set([folder]);
    for (let at = own; at.startsWith(home); at = dirname(at)) {
      folders.add(at);
      if (dirname(at) === at) break;
    }
    return [...folders].flatMap((at) => STATIC.map((one) => join(at, one, below)));
  }
}

/** The file, if it lies where pictures may be read. */
function inside(file: string, page: PageFile, { root, allowOutside }: PictureOptions): Where {
  if (!allowOutside) {
    const real = realpathSync(file);
    const homes = [page.home, ...(root === undefined ? [] : [root])];
    const isInside = homes.some(
      (home) => existsSync(home) && real.startsWith(withSlash(realpathSync(home))),
    );
    if (!isInside) {
      return failed(
        `${shownPath(file)} lies outside of the folder of its page, and is not read`,
        'Give --allow-outside if it is meant to be sent.',
      );
    }
  }
  const path = shownPath(file);
  return found(fileNamed(path, path));
}

/** As the user would name it from the working folder. */
function shownPath(file: string): string {
  const path = relative(resolve('.'), file);
  return (path === '' || path.startsWith('..') || isAbsolute(path) ? file : path)
    .split(sep)
    .join('/');
}

/** A picture that stands in the page; its name is made of its bytes. */
function dataReference(url: string): ImageReference {
  const [, type = ''] = /^data:([\w/+.-]*)/i.exec(url) ?? [];
  const print = createHash('sha256').update(url).digest('hex').slice(0, 16);
  const id = `data:${type},sha256=${print}`;
  return { kind: 'data', id, source: url, label: id };
}

/** An SVG of a page as a file of its own. */
function svgUrl(text: string): string {
  const namespaces = [
    ...(/\sxmlns=/.test(text) ? [] : ['xmlns="http://www.w3.org/2000/svg"']),
    ...(/xlink:/.test(text) && !/xmlns:xlink=/.test(text)
      ? ['xmlns:xlink="http://www.w3.org/1999/xlink"']
      : []),
  ];
  const whole = text.replace(/^<svg/i, ['<svg', ...namespaces].join(' '));
  return `data:image/svg+xml;base64,${Buffer.from(whole).toString('base64')}`;
}

function found(reference: ImageReference): Where {
  return { kind: 'found', reference };
}

function failed(message: string, hint?: string): Where {
  return { kind: 'failed', error: inputError(message, hint) };
}

import { access, constants, stat } from 'node:fs/promises';
import { dirname, extname, relative, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { GeminiImageError } from '../../domain/error.js';
import { startDecoding } from '../../images/decoders/decode-apart.js';
import { type FindInputs, namesOnePicture } from '../../images/find/find-images.js';
import { overlayEnding } from '../../images/overlay/encoders.js';
import { isFreeForOverlay } from '../../images/overlay/own-overlay.js';
import type { CommandContext } from '../../run/context.js';
import { loadSettings, type RunFlags } from '../../run/options.js';
import { writeFailure } from '../../storage/errors.js';
import { outputTarget } from '../../storage/output-target.js';
import type { ReservedFiles } from '../../storage/reserved-files.js';
import { prepareFolder } from '../../storage/sidecar-file.js';
import { type Overlays, overlaysOf } from './overlays.js';

const ELSEWHERE = 'Name another place with --overlay.';

/**
 * Sees that overlays can be drawn and written, before anything is paid for.
 *
 * @param overlay a file for one picture, or a folder.
 * @throws GeminiImageError of kind `usage` or `input`.
 */
export async function openOverlays(
  overlay: string,
  inputs: FindInputs,
  reserved: ReservedFiles,
  flags: RunFlags,
  context: CommandContext,
): Promise<Overlays> {
  await startDecoding('--overlay needs sharp, which');
  const isFolder =
    overlay.endsWith('/') || !(await namesOnePicture(inputs)) || (await isDirectory(overlay));
  const open = loadSettings(flags, await context.settings(flags), isFolder, context);
  const { overwrite = false } = flags;
  for (const other of [flags.output, flags.failed]) {
    if (other === undefined || other === '-') continue;
    if (resolve(other) === resolve(overlay)) {
      throw refused(`${overlay} is wanted for the overlay and for something else`, ELSEWHERE);
    }
    reserved.add([other], 'it is wanted for something else');
  }
  if (isFolder) {
    await admitFolder(overlay, inputs, flags);
    return overlaysOf({ place: { folder: overlay }, reserved, overwrite, open });
  }
  await admitFile(overlay, reserved, flags);
  return overlaysOf({ place: { file: overlay }, reserved, overwrite, open });
}

async function admitFile(
  overlay: string,
  reserved: ReservedFiles,
  { overwrite }: RunFlags,
): Promise<void> {
  if (overlayEnding(overlay) === undefined) {
    const orFolder = extname(overlay) === '' ? `, or a folder: ${overlay}/` : '';
    throw refused(
      `${overlay} does not end in a type of picture that can be written`,
      `Give a name that ends in .png, .jpg or .webp${orFolder}.`,
    );
  }
  // The picture itself may not be replaced, also where another one may.
  await outputTarget(overlay, reserved, ELSEWHERE);
  try {
    // With the dot, a file in the place of the folder is none.
    await access(`${dirname(overlay)}/.`, constants.W_OK);
  } catch (error) {
    throw writeFailure(overlay, error, ELSEWHERE);
  }
  if (overwrite || (await isFreeForOverlay(overlay))) return;
  throw refused(
    `${overlay} is there already, and is no overlay`,
    'Name another file with --overlay, or give --overwrite.',
  );
}

async function admitFolder(
  overlay: string,
  { images }: FindInputs,
  { recursive = false }: RunFlags,
): Promise<void> {
  if (images.includes('-')) {
    throw refused(
      'a picture from stdin has no name after which its overlay could be named',
      'Name a file: --overlay boxes.png.',
    );
  }
  if (
    overlayEnding(overlay) !== undefined &&
    !overlay.endsWith('/') &&
    !(await isDirectory(overlay))
  ) {
    throw refused(
      `${overlay} is the name of one picture, and there may be several`,
      `Give a folder: --overlay ${overlay.slice(0, -extname(overlay).length)}/`,
    );
  }
  for (const image of images) {
    if (!(await isDirectory(image)) || !isFoundIn(overlay, image, recursive)) continue;
    throw refused(
      `overlays in ${overlay} would be taken for pictures of ${image} the next time`,
      'Name a folder elsewhere with --overlay.',
    );
  }
  await prepareFolder(overlay, ELSEWHERE);
}

/** Whether what lies in a folder is found where another one is searched. */
function isFoundIn(folder: string, searched: string, recursive: boolean): boolean {
  const way = relative(resolve(searched), resolve(folder));
  return way === '' || (recursive && way !== '..' && !way.startsWith(`..${sep}`));
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

/** A context in which standard input is read once, and can be had again for the overlay. */
export function withLastingInput(context: CommandContext): CommandContext {
  const { stdin } = context;
  let whole: Promise<Buffer> | undefined;
  const read = async function* () {
    whole ??= buffer(stdin.stream());
    yield await whole;
  };
  return { ...context, stdin: { ...stdin, stream: () => Readable.from(read()) } };
}

function refused(message: string, hint: string): GeminiImageError {
  return new GeminiImageError({ kind: 'usage', message, hint });
}

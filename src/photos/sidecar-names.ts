// The names of XMP sidecars: `photo.xmp` (Adobe's) and `photo.jpg.xmp` (darktable's, digiKam's).
import { existsSync } from 'node:fs';
import { withoutEnding } from '../images/find/reference.js';

/** `adobe` replaces the picture's ending, `full` stands behind it. */
export type SidecarNaming = 'adobe' | 'full';

/** The path of a sidecar of a picture, without looking whether it is there. */
export function sidecarPath(picture: string, naming: SidecarNaming): string {
  return naming === 'full' ? `${picture}.xmp` : `${withoutEnding(picture)}.xmp`;
}

/** The sidecars of a picture that are there, by their naming. */
export type ExistingSidecars = Partial<Readonly<Record<SidecarNaming, string>>>;

/** Finds the sidecars of a picture, whose ending some cameras and programs write in capitals. */
export function findSidecars(picture: string): ExistingSidecars {
  const find = (naming: SidecarNaming) => {
    const path = sidecarPath(picture, naming);
    return [path, `${path.slice(0, -'xmp'.length)}XMP`].find((one) => existsSync(one));
  };
  const [adobe, full] = [find('adobe'), find('full')];
  return { ...(adobe !== undefined && { adobe }), ...(full !== undefined && { full }) };
}

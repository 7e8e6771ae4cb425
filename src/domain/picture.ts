/** The formats that can be recognised, whether or not Gemini takes them. */
export type PictureFormat =
  | 'png'
  | 'jpeg'
  | 'webp'
  | 'heic'
  | 'heif'
  | 'gif'
  | 'avif'
  | 'bmp'
  | 'raw'
  | 'tiff'
  | 'svg'
  | 'jpeg2000'
  | 'jpegxl'
  | 'psd'
  | 'ico'
  | 'tga'
  | 'pnm'
  | 'qoi'
  | 'exr'
  | 'dds'
  | 'xcf';

/**
 * Pixels on the longer side: the service scales larger pictures down to this, so they are shrunk to
 * it before they are sent, unless the user asks for another size.
 */
export const DEFAULT_MAX_EDGE = 3072;

/** In pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

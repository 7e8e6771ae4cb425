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
  | 'ico';

/**
 * What the service scales larger pictures down to, and what is shrunk to before where nothing else is
 * asked for: pixels on the longer side.
 */
export const DEFAULT_MAX_EDGE = 3072;

/** In pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

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
  | 'tiff'
  | 'svg'
  | 'jpeg2000'
  | 'jpegxl'
  | 'psd'
  | 'ico';

/** A picture in memory, ready to be sent. */
export interface Picture {
  /** As the user named it; `-` for standard input. */
  name: string;
  bytes: Uint8Array;
  /** One of the MIME types that Gemini takes inline, by the bytes and not by the name. */
  mimeType: string;
  /** Stored pixels, before EXIF turning. */
  width: number;
  height: number;
}

export { type ErrorKind, GeminiImageError } from './domain/error.js';
export type { AskedAgain, CaptionEvent, CaptionListener, Retry } from './domain/events.js';
export type {
  MediaResolution,
  ModelSettings,
  SafetyLevel,
  ThinkingLevel,
} from './domain/model-settings.js';
export type { ProxySettings } from './domain/proxy.js';
export type { SentPicture } from './domain/record.js';
export type { Usage } from './domain/usage.js';
export {
  type DescribeOptions,
  type Description,
  type DescriptionStream,
  describeImage,
  describeImageStream,
  type ImageInput,
} from './library/describe-image.js';

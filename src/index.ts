export type { Detection, LabelledBox, NormalizedBox, PixelBox } from './domain/box.js';
export { type ErrorKind, GeminiImageError } from './domain/error.js';
export type { ProgramEvent, ProgramListener } from './domain/events.js';
export type {
  MediaResolution,
  ModelSettings,
  SafetyLevel,
  ThinkingLevel,
  Tier,
} from './domain/model-settings.js';
export type { ProxySettings } from './domain/proxy.js';
export type {
  ErrorRecord,
  FailedRecord,
  NamedPicture,
  SentPicture,
} from './domain/record.js';
export type { StyleAnswer, StyleAnswers } from './domain/style-answers.js';
export type { Usage } from './domain/usage.js';
export type { AltPage, AltStatus, AltText, AltTexts } from './library/alt-text.js';
export { type AltTextAloneOptions, altText } from './library/alt-text-alone.js';
export { createGeminiImage, type GeminiImage } from './library/client.js';
export {
  type DescribeImageOptions,
  describeImage,
  describeImageStream,
} from './library/describe-image.js';
export {
  type AnswerRule,
  type AskedRequest,
  type Emulator,
  type ScriptedAnswers,
  type ScriptedReply,
  startEmulator,
} from './library/emulator.js';
export { find } from './library/find.js';
export type {
  AltTextOptions,
  CallOptions,
  CheckOptions,
  ClientOptions,
  DescribeManyOptions,
  DescribeOptions,
  EmulatorOptions,
  FindOptions,
} from './library/options.js';
export type {
  FoundGroup,
  FoundPicture,
  GroupInputs,
  ImageInput,
  ImageInputs,
  JointInput,
  NamedPictureBytes,
  NamedPictures,
  NotFound,
} from './library/picture.js';
export type {
  DescribedGroup,
  DescribedRecord,
  Description,
  JointDescription,
} from './library/records.js';
export type { SchemaFor, Validator } from './library/schema.js';
export type { DescriptionStream } from './library/stream.js';
export type { CheckResult, JudgedClaim, Verdict } from './tasks/check/verdict.js';
export type { OwnStyle } from './tasks/describe/own-style.js';
export type { StyleName } from './tasks/describe/style-names.js';

// The types of the package for `require`. They name those of the ES module with the mode in which they are resolved,
// so that every compiler takes them. There is no code here: both lead to what is built from index.ts.
import type * as Types from './index.js' with { 'resolution-mode': 'import' };

declare const library: typeof Types;

declare namespace library {
  export type AltPage = Types.AltPage;
  export type AltStatus = Types.AltStatus;
  export type AltText = Types.AltText;
  export type AltTextAloneOptions = Types.AltTextAloneOptions;
  export type AltTextOptions = Types.AltTextOptions;
  export type AltTexts = Types.AltTexts;
  export type AnswerRule = Types.AnswerRule;
  export type AskedRequest = Types.AskedRequest;
  export type CallOptions = Types.CallOptions;
  export type CheckOptions = Types.CheckOptions;
  export type CheckResult = Types.CheckResult;
  export type ClientOptions = Types.ClientOptions;
  export type DescribeImageOptions<Data = unknown> = Types.DescribeImageOptions<Data>;
  export type DescribeManyOptions<Data = unknown> = Types.DescribeManyOptions<Data>;
  export type DescribeOptions<Data = unknown> = Types.DescribeOptions<Data>;
  export type DescribedGroup<Data = unknown> = Types.DescribedGroup<Data>;
  export type DescribedRecord<Data = unknown> = Types.DescribedRecord<Data>;
  export type Description<Data = unknown> = Types.Description<Data>;
  export type DescriptionStream = Types.DescriptionStream;
  export type Detection = Types.Detection;
  export type Emulator = Types.Emulator;
  export type EmulatorOptions = Types.EmulatorOptions;
  export type ErrorKind = Types.ErrorKind;
  export type ErrorRecord = Types.ErrorRecord;
  export type FailedRecord = Types.FailedRecord;
  export type FindOptions = Types.FindOptions;
  export type FoundGroup = Types.FoundGroup;
  export type FoundPicture = Types.FoundPicture;
  export type GeminiImage = Types.GeminiImage;
  export type GeminiImageError = Types.GeminiImageError;
  export type GroupInputs = Types.GroupInputs;
  export type ImageInput = Types.ImageInput;
  export type ImageInputs = Types.ImageInputs;
  export type JointDescription<Data = unknown> = Types.JointDescription<Data>;
  export type JointInput = Types.JointInput;
  export type JudgedClaim = Types.JudgedClaim;
  export type LabelledBox = Types.LabelledBox;
  export type MediaResolution = Types.MediaResolution;
  export type ModelSettings = Types.ModelSettings;
  export type NamedPicture = Types.NamedPicture;
  export type NamedPictureBytes = Types.NamedPictureBytes;
  export type NamedPictures = Types.NamedPictures;
  export type NormalizedBox = Types.NormalizedBox;
  export type NotFound = Types.NotFound;
  export type OwnStyle = Types.OwnStyle;
  export type PixelBox = Types.PixelBox;
  export type ProgramEvent = Types.ProgramEvent;
  export type ProgramListener = Types.ProgramListener;
  export type ProxySettings = Types.ProxySettings;
  export type SafetyLevel = Types.SafetyLevel;
  export type SchemaFor<Data = unknown> = Types.SchemaFor<Data>;
  export type ScriptedAnswers = Types.ScriptedAnswers;
  export type ScriptedReply = Types.ScriptedReply;
  export type SentPicture = Types.SentPicture;
  export type StyleAnswer = Types.StyleAnswer;
  export type StyleAnswers = Types.StyleAnswers;
  export type StyleName = Types.StyleName;
  export type ThinkingLevel = Types.ThinkingLevel;
  export type Tier = Types.Tier;
  export type Usage = Types.Usage;
  export type Validator<Data = unknown> = Types.Validator<Data>;
  export type Verdict = Types.Verdict;
}

export = library;

// The request messages of `google.ai.generativelanguage.v1beta` and their enumerations, field by
// field, from Google's public REST reference. A field that is not here is refused.

const HARM_CATEGORIES = [
  'HARM_CATEGORY_UNSPECIFIED',
  'HARM_CATEGORY_HARASSMENT',
  'HARM_CATEGORY_HATE_SPEECH',
  'HARM_CATEGORY_SEXUALLY_EXPLICIT',
  'HARM_CATEGORY_DANGEROUS_CONTENT',
  'HARM_CATEGORY_CIVIC_INTEGRITY',
];

const HARM_THRESHOLDS = [
  'HARM_BLOCK_THRESHOLD_UNSPECIFIED',
  'BLOCK_LOW_AND_ABOVE',
  'BLOCK_MEDIUM_AND_ABOVE',
  'BLOCK_ONLY_HIGH',
  'BLOCK_NONE',
  'OFF',
];

const MEDIA_RESOLUTIONS = [
  'MEDIA_RESOLUTION_UNSPECIFIED',
  'MEDIA_RESOLUTION_LOW',
  'MEDIA_RESOLUTION_MEDIUM',
  'MEDIA_RESOLUTION_HIGH',
];

/** The resolutions of one picture: one more than those of a whole request. */
const PART_MEDIA_RESOLUTIONS = [...MEDIA_RESOLUTIONS, 'MEDIA_RESOLUTION_ULTRA_HIGH'];

const THINKING_LEVELS = ['THINKING_LEVEL_UNSPECIFIED', 'MINIMAL', 'LOW', 'MEDIUM', 'HIGH', 'XHIGH'];

const SCHEMA_TYPES = [
  'TYPE_UNSPECIFIED',
  'STRING',
  'NUMBER',
  'INTEGER',
  'BOOLEAN',
  'ARRAY',
  'OBJECT',
  'NULL',
];

export type MessageName =
  | 'GenerateContentRequest'
  | 'CountTokensRequest'
  | 'CreateFileRequest'
  | 'File'
  | 'Content'
  | 'Part'
  | 'Blob'
  | 'FileData'
  | 'FunctionCall'
  | 'FunctionResponse'
  | 'ExecutableCode'
  | 'CodeExecutionResult'
  | 'VideoMetadata'
  | 'MediaResolution'
  | 'GenerationConfig'
  | 'ThinkingConfig'
  | 'ImageConfig'
  | 'SpeechConfig'
  | 'VoiceConfig'
  | 'PrebuiltVoiceConfig'
  | 'MultiSpeakerVoiceConfig'
  | 'SpeakerVoiceConfig'
  | 'Schema'
  | 'SafetySetting'
  | 'Tool'
  | 'FunctionDeclaration'
  | 'ToolConfig'
  | 'FunctionCallingConfig'
  | 'RetrievalConfig'
  | 'LatLng';

/**
 * The type of a field. `value` is any JSON, `struct` any JSON object; their content is not checked.
 * `enum` ignores case, as Google's parser does.
 */
export type Field =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'float'
  | 'bytes'
  | 'value'
  | 'struct'
  | { readonly enum: string; readonly values: readonly string[] }
  | { readonly message: MessageName }
  | { readonly list: Field }
  | { readonly map: Field };

const content: Field = { message: 'Content' };
const schema: Field = { message: 'Schema' };

export const MESSAGES = {
  GenerateContentRequest: {
    model: 'string',
    contents: { list: content },
    systemInstruction: content,
    generationConfig: { message: 'GenerationConfig' },
    safetySettings: { list: { message: 'SafetySetting' } },
    tools: { list: { message: 'Tool' } },
    toolConfig: { message: 'ToolConfig' },
    cachedContent: 'string',
    store: 'bool',
    serviceTier: 'string',
  },
  CountTokensRequest: {
    model: 'string',
    contents: { list: content },
    generateContentRequest: { message: 'GenerateContentRequest' },
  },
  CreateFileRequest: { file: { message: 'File' } },
  // The fields of a file that a client may set; the service sets the others.
  File: { displayName: 'string', mimeType: 'string', sizeBytes: 'int64' },
  Content: { role: 'string', parts: { list: { message: 'Part' } } },
  Part: {
    text: 'string',
    inlineData: { message: 'Blob' },
    fileData: { message: 'FileData' },
    functionCall: { message: 'FunctionCall' },
    functionResponse: { message: 'FunctionResponse' },
    executableCode: { message: 'ExecutableCode' },
    codeExecutionResult: { message: 'CodeExecutionResult' },
    thought: 'bool',
    thoughtSignature: 'bytes',
    videoMetadata: { message: 'VideoMetadata' },
    partMetadata: 'struct',
    mediaResolution: { message: 'MediaResolution' },
  },
  Blob: { mimeType: 'string', data: 'bytes' },
  FileData: { mimeType: 'string', fileUri: 'string' },
  FunctionCall: { id: 'string', name: 'string', args: 'struct' },
  FunctionResponse: {
    id: 'string',
    name: 'string',
    response: 'struct',
    willContinue: 'bool',
    scheduling: {
      enum: 'FunctionResponse.Scheduling',
      values: ['SCHEDULING_UNSPECIFIED', 'SILENT', 'WHEN_IDLE', 'INTERRUPT'],
    },
  },
  ExecutableCode: {
    language: {
      enum: 'ExecutableCode.Language',
      values: ['LANGUAGE_UNSPECIFIED', 'PYTHON'],
    },
    code: 'string',
  },
  CodeExecutionResult: {
    outcome: {
      enum: 'CodeExecutionResult.Outcome',
      values: ['OUTCOME_UNSPECIFIED', 'OUTCOME_OK', 'OUTCOME_FAILED', 'OUTCOME_DEADLINE_EXCEEDED'],
    },
    output: 'string',
  },
  VideoMetadata: { startOffset: 'string', endOffset: 'string', fps: 'float' },
  MediaResolution: {
    level: { enum: 'MediaResolution.Level', values: PART_MEDIA_RESOLUTIONS },
  },
  GenerationConfig: {
    stopSequences: { list: 'string' },
    responseMimeType: 'string',
    responseSchema: schema,
    responseJsonSchema: 'value',
    _responseJsonSchema: 'value',
    responseModalities: {
      list: {
        enum: 'GenerationConfig.Modality',
        values: ['MODALITY_UNSPECIFIED', 'TEXT', 'IMAGE', 'AUDIO'],
      },
    },
    candidateCount: 'int32',
    maxOutputTokens: 'int32',
    temperature: 'float',
    topP: 'float',
    topK: 'int32',
    seed: 'int32',
    presencePenalty: 'float',
    frequencyPenalty: 'float',
    responseLogprobs: 'bool',
    logprobs: 'int32',
    enableEnhancedCivicAnswers: 'bool',
    speechConfig: { message: 'SpeechConfig' },
    thinkingConfig: { message: 'ThinkingConfig' },
    imageConfig: { message: 'ImageConfig' },
    mediaResolution: { enum: 'GenerationConfig.MediaResolution', values: MEDIA_RESOLUTIONS },
  },
  ThinkingConfig: {
    includeThoughts: 'bool',
    thinkingBudget: 'int32',
    thinkingLevel: { enum: 'ThinkingConfig.ThinkingLevel', values: THINKING_LEVELS },
  },
  ImageConfig: { aspectRatio: 'string', imageSize: 'string' },
  SpeechConfig: {
    voiceConfig: { message: 'VoiceConfig' },
    multiSpeakerVoiceConfig: { message: 'MultiSpeakerVoiceConfig' },
    languageCode: 'string',
  },
  VoiceConfig: { prebuiltVoiceConfig: { message: 'PrebuiltVoiceConfig' } },
  PrebuiltVoiceConfig: { voiceName: 'string' },
  MultiSpeakerVoiceConfig: { speakerVoiceConfigs: { list: { message: 'SpeakerVoiceConfig' } } },
  SpeakerVoiceConfig: { speaker: 'string', voiceConfig: { message: 'VoiceConfig' } },
  Schema: {
    type: { enum: 'Type', values: SCHEMA_TYPES },
    format: 'string',
    title: 'string',
    description: 'string',
    nullable: 'bool',
    enum: { list: 'string' },
    items: schema,
    minItems: 'int32',
    maxItems: 'int32',
    properties: { map: schema },
    required: { list: 'string' },
    minProperties: 'int32',
    maxProperties: 'int32',
    propertyOrdering: { list: 'string' },
    anyOf: { list: schema },
    minLength: 'int32',
    maxLength: 'int32',
    minimum: 'float',
    maximum: 'float',
    pattern: 'string',
    example: 'value',
    default: 'value',
  },
  SafetySetting: {
    category: { enum: 'HarmCategory', values: HARM_CATEGORIES },
    threshold: { enum: 'SafetySetting.HarmBlockThreshold', values: HARM_THRESHOLDS },
  },
  // The settings of tools are not checked, because the emulator runs no tools.
  Tool: {
    functionDeclarations: { list: { message: 'FunctionDeclaration' } },
    googleSearchRetrieval: 'struct',
    codeExecution: 'struct',
    googleSearch: 'struct',
    computerUse: 'struct',
    urlContext: 'struct',
    fileSearch: 'struct',
    googleMaps: 'struct',
  },
  FunctionDeclaration: {
    name: 'string',
    description: 'string',
    behavior: {
      enum: 'FunctionDeclaration.Behavior',
      values: ['UNSPECIFIED', 'BLOCKING', 'NON_BLOCKING'],
    },
    parameters: schema,
    parametersJsonSchema: 'value',
    response: schema,
    responseJsonSchema: 'value',
  },
  ToolConfig: {
    functionCallingConfig: { message: 'FunctionCallingConfig' },
    retrievalConfig: { message: 'RetrievalConfig' },
  },
  FunctionCallingConfig: {
    mode: {
      enum: 'FunctionCallingConfig.Mode',
      values: ['MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED'],
    },
    allowedFunctionNames: { list: 'string' },
  },
  RetrievalConfig: { latLng: { message: 'LatLng' }, languageCode: 'string' },
  LatLng: { latitude: 'float', longitude: 'float' },
} as const satisfies Record<MessageName, Record<string, Field>>;

// The API's rules for requests beyond the types of their fields. Every function throws 400 or 403.

import { invalidArgument, invalidField, permissionDenied } from '../http/errors.js';
import type { Model } from '../models.js';
import { answerFormOf } from './answer-form.js';
import type { Content, GenerateContentRequest, GenerationConfig, Part } from './requests.js';

const MOST_PICTURES = 3600;
const ROLES = ['', 'user', 'model', 'function'];
const RESPONSE_MIME_TYPES = [
  'text/plain',
  'application/json',
  'application/xml',
  'application/yaml',
  'text/x.enum',
];

/** The fields of the oneof `Part.data`. */
const PART_DATA = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
] as const satisfies readonly (keyof Part)[];

export function checkRequest(request: GenerateContentRequest, model: Model): void {
  checkContents(request.contents ?? []);
  checkSystemInstruction(request.systemInstruction);
  checkGenerationConfig(request.generationConfig ?? {}, model);
  checkServiceTier(request.serviceTier, model);
  if (request.cachedContent !== undefined && request.cachedContent !== '') {
    throw permissionDenied('CachedContent not found (or permission denied)');
  }
}

const SERVICE_TIERS = ['standard', 'flex', 'priority'];

/** Only in lower case, unlike the values of enumerations. */
function checkServiceTier(tier: string | undefined, model: Model): void {
  if (tier === undefined) return;
  if (!SERVICE_TIERS.includes(tier)) {
    throw invalidArgument(`Invalid value at 'service_tier': "${tier}"`);
  }
  if (tier !== 'standard' && !model.hasTiers) {
    throw invalidArgument(`Service tier ${tier} is not supported for models/${model.name}.`);
  }
}

export function checkContents(contents: readonly Content[]): void {
  if (contents.length === 0) throw invalidField('contents', 'contents is not specified');
  contents.forEach(({ role, parts = [] }, index) => {
    if (!ROLES.includes(role ?? '')) {
      throw invalidArgument('Please use a valid role: user, model.');
    }
    if (parts.length === 0) {
      throw invalidField(`contents[${index}].parts`, 'contents.parts must not be empty.');
    }
    checkParts(parts, `contents[${index}]`);
  });
  const pictures = contents.flatMap(({ parts = [] }) =>
    parts.filter(({ inlineData, fileData }) => inlineData ?? fileData),
  );
  if (pictures.length > MOST_PICTURES) {
    const problem = `at most ${MOST_PICTURES} images are allowed, got ${pictures.length}.`;
    throw invalidField('contents', problem);
  }
}

function checkParts(parts: readonly Part[], path: string): void {
  parts.forEach((part, index) => {
    const [first, second] = PART_DATA.filter((name) => part[name] !== undefined);
    const where = `${path}.parts[${index}]`;
    if (first === undefined) {
      const problem = "required oneof field 'data' must have one initialized field";
      throw invalidField(`${where}.data`, problem);
    }
    if (second !== undefined) {
      const problem = `oneof field 'data' is already set. Cannot set '${second}'`;
      throw invalidArgument(`Invalid value at '${where}' (oneof), ${problem}`);
    }
  });
}

function checkSystemInstruction(instruction: Content | undefined): void {
  const parts = instruction?.parts ?? [];
  checkParts(parts, 'system_instruction');
  if (parts.some(({ text }) => text === undefined)) {
    throw invalidArgument('Request contains an invalid argument.');
  }
}

function checkGenerationConfig(config: GenerationConfig, model: Model): void {
  checkRange('temperature', config.temperature, 0, 2);
  checkRange('top_p', config.topP, 0, 1);
  checkRange('top_k', config.topK, 1, Number.POSITIVE_INFINITY);
  checkRange('candidate_count', config.candidateCount, 1, 8);
  checkRange('max_output_tokens', config.maxOutputTokens, 1, Number.POSITIVE_INFINITY);
  checkRange('presence_penalty', config.presencePenalty, -2, 2);
  checkRange('frequency_penalty', config.frequencyPenalty, -2, 2);
  const mimeType = config.responseMimeType ?? '';
  if (mimeType !== '' && !RESPONSE_MIME_TYPES.includes(mimeType)) {
    const allowed = RESPONSE_MIME_TYPES.map((type) => `\`${type}\``).join(', ');
    throw invalidField('generation_config.response_mime_type', `allowed mimetypes are ${allowed}.`);
  }
  answerFormOf(config);
  checkThinking(config.thinkingConfig ?? {}, model);
  if (model.generation < 4) return;
  if ((config.candidateCount ?? 1) > 1) {
    throw invalidArgument('Multiple candidates is not enabled for this model');
  }
  if (config.presencePenalty !== undefined || config.frequencyPenalty !== undefined) {
    throw invalidArgument(`Penalty is not enabled for models/${model.name}`);
  }
}

function checkThinking(
  { thinkingBudget, thinkingLevel }: NonNullable<GenerationConfig['thinkingConfig']>,
  model: Model,
): void {
  const level = thinkingLevel === 'THINKING_LEVEL_UNSPECIFIED' ? undefined : thinkingLevel;
  if (thinkingBudget !== undefined && level !== undefined) {
    throw invalidArgument('You can only set only one of thinking budget and thinking level.');
  }
  if (thinkingBudget !== undefined && model.generation === 4) {
    throw invalidArgument('Thinking budget is not supported for this model.');
  }
  checkRange('thinking_config.thinking_budget', thinkingBudget, -1, 32_768);
  if (level !== undefined && !model.thinkingLevels.some((known) => known === level)) {
    throw invalidArgument(
      `Thinking level ${level} is not supported for this model. ` +
        'Please retry with other thinking level.',
    );
  }
}

function checkRange(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (value >= least && value <= most)) return;
  const range = most === Number.POSITIVE_INFINITY ? `at least ${least}` : `in [${least}, ${most}]`;
  throw invalidField(`generation_config.${name}`, `${name} must be ${range}.`);
}

/** How much a model may think: the API's words in lower case. Each model takes some of them. */
export const THINKING_LEVELS = ['minimal', 'low', 'medium', 'high', 'xhigh'] as const;
export type ThinkingLevel = (typeof THINKING_LEVELS)[number];

/** How closely a picture is looked at: about 280, 560 and 1120 tokens with Gemini 3. */
export const MEDIA_RESOLUTIONS = ['low', 'medium', 'high'] as const;
export type MediaResolution = (typeof MEDIA_RESOLUTIONS)[number];

/** What the service blocks: what it does by default, only what is surely harmful, or nothing. */
export const SAFETY_LEVELS = ['default', 'relaxed', 'off'] as const;
export type SafetyLevel = (typeof SAFETY_LEVELS)[number];

/** In which the service may work: flex costs half and may take minutes, priority costs more. */
export const TIERS = ['standard', 'flex', 'priority'] as const;
export type Tier = (typeof TIERS)[number];

/** Settings of the model. What is absent is not sent. */
export interface ModelSettings {
  /** The system instruction. */
  system?: string | undefined;
  thinking?: ThinkingLevel | undefined;
  mediaResolution?: MediaResolution | undefined;
  /** The limit for answer and thoughts together. */
  maxOutputTokens?: number | undefined;
  temperature?: number | undefined;
  seed?: number | undefined;
  safety?: SafetyLevel | undefined;
}

/** Takes the settings out of other options. The service's default is not sent. */
export function modelSettingsIn(options: ModelSettings): ModelSettings {
  const { system, thinking, mediaResolution, maxOutputTokens, temperature, seed, safety } = options;
  return {
    ...{ system, thinking, mediaResolution, maxOutputTokens, temperature, seed },
    safety: safety === 'default' ? undefined : safety,
  };
}

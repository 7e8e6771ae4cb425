/** How much a model may think, in the API's words but in lower case; each model takes some of them. */
export const THINKING_LEVELS = ['minimal', 'low', 'medium', 'high', 'xhigh'] as const;
export type ThinkingLevel = (typeof THINKING_LEVELS)[number];

/** How closely a picture is looked at: about 280, 560 and 1120 tokens with Gemini 3. */
export const MEDIA_RESOLUTIONS = ['low', 'medium', 'high'] as const;
export type MediaResolution = (typeof MEDIA_RESOLUTIONS)[number];

/** What is blocked: as the service does by itself, only what is surely harmful, or nothing. */
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
  /** Thoughts included. */
  maxOutputTokens?: number | undefined;
  temperature?: number | undefined;
  seed?: number | undefined;
  safety?: SafetyLevel | undefined;
}

/** The settings among other options; to leave to the service what it does by itself is to say nothing. */
export function modelSettingsIn(options: ModelSettings): ModelSettings {
  const { system, thinking, mediaResolution, maxOutputTokens, temperature, seed, safety } = options;
  return {
    ...{ system, thinking, mediaResolution, maxOutputTokens, temperature, seed },
    safety: safety === 'default' ? undefined : safety,
  };
}

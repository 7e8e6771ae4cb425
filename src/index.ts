export { type ErrorKind, GeminiImageError } from './domain/error.js';

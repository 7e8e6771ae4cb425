import { createRequire } from 'node:module';

/**
 * A new copy of a CommonJS package, for WebAssembly that cannot be trusted after a failure. Each
 * call has its own `require`, so that the copy before can be collected.
 */
export function loadFresh<T>(name: string): T {
  const require = createRequire(import.meta.url);
  delete require.cache[require.resolve(name)];
  return require(name);
}

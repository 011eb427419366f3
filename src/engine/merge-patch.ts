import type { Json } from './types.ts';

type JsonObject = Readonly<Record<string, Json>>;

const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Merges a patch into an object by RFC 7396: null removes a key, objects are merged, everything else replaces. */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else if (isObject(value)) {
      const inner = merged.get(key);
      merged.set(key, mergePatch(isObject(inner) ? inner : {}, value) as Json);
    } else merged.set(key, value);
  }
  return Object.fromEntries(merged);
}

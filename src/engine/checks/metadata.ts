import { isRoundedWhole, shown } from '../../json/index.ts';

const maxDepth = 32;

/** Rules for the metadata of an item. */
export interface MetadataRules {
  /** Values in the metadata. */
  readonly maxValues: number;
  /** Bytes of the metadata as JSON. */
  readonly maxBytes: number;
  /** True to take what earlier releases have stored: keys with NUL and whole numbers that were rounded. */
  readonly takesStored?: boolean;
}

/** The rule that a value breaks, and the keys that lead to it. */
interface Problem {
  readonly rule: string;
  readonly keys: readonly string[];
}

/** Returns the rule that the metadata of an item breaks, with the place; undefined if it breaks none. */
export function metadataProblem(metadata: unknown, rules: MetadataRules): string | undefined {
  if (!isPlainObject(metadata)) return 'must be a JSON object';
  const problem = new Walk(rules).problemIn(metadata, maxDepth);
  if (problem !== undefined) {
    const { rule, keys } = problem;
    return keys.length === 0 ? rule : `${rule}, unlike that of the key ${shown(keys.join('.'))}`;
  }
  const bytes = Buffer.byteLength(JSON.stringify(metadata));
  return bytes > rules.maxBytes
    ? `must have at most ${rules.maxBytes} bytes of JSON, not ${bytes}`
    : undefined;
}

const jsonOnly = `must hold JSON values only (finite numbers, well-formed text), at most ${maxDepth} levels deep`;

/** Looks at values up to the first that is none, or is one too many. */
class Walk {
  readonly #rules: MetadataRules;
  #left: number;

  constructor(rules: MetadataRules) {
    this.#rules = rules;
    this.#left = rules.maxValues;
  }

  problemIn(value: unknown, depth: number): Problem | undefined {
    this.#left -= 1;
    if (this.#left < 0) return { rule: `must have at most ${this.#rules.maxValues} values`, keys: [] };
    if (depth < 0) return { rule: jsonOnly, keys: [] };
    if (value === null || typeof value === 'boolean') return undefined;
    if (typeof value === 'string') return isWellFormed(value) ? undefined : { rule: jsonOnly, keys: [] };
    if (typeof value === 'number') return this.#number(value);
    if (Array.isArray(value)) return this.#list(value, depth);
    return isPlainObject(value) ? this.#object(value, depth) : { rule: jsonOnly, keys: [] };
  }

  #number(value: number): Problem | undefined {
    if (!Number.isFinite(value)) return { rule: jsonOnly, keys: [] };
    if (this.#rules.takesStored || !isRoundedWhole(value)) return undefined;
    const rule = `must give whole numbers beyond ${Number.MAX_SAFE_INTEGER} as text, digit by digit, because a number such as ${value} is rounded`;
    return { rule, keys: [] };
  }

  #list(list: readonly unknown[], depth: number): Problem | undefined {
    for (const part of list) {
      const problem = this.problemIn(part, depth - 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  #object(object: Readonly<Record<string, unknown>>, depth: number): Problem | undefined {
    for (const [key, part] of Object.entries(object)) {
      const problem = this.#key(key) ?? this.problemIn(part, depth - 1);
      if (problem !== undefined) return { rule: problem.rule, keys: [key, ...problem.keys] };
    }
    return undefined;
  }

  /** SQLite would end a key at a NUL, and take it for another. */
  #key(key: string): Problem | undefined {
    if (!isWellFormed(key)) return { rule: jsonOnly, keys: [] };
    if (this.#rules.takesStored || !key.includes('\0')) return undefined;
    return { rule: 'must have no NUL character in a key', keys: [] };
  }
}

/** True if a text has no lone surrogates, which UTF-8 cannot hold. */
const isWellFormed = (text: string): boolean => !/\p{Cs}/u.test(text);

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

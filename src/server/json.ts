import { SnapshelfError } from '../errors.ts';

/** Levels of a body: those of metadata and filters, and what is around them. */
const maxDepth = 64;

/** Throws `request-invalid` for JSON that is too deep, or has a key that JavaScript gives a meaning of its own. */
export function checkJson(value: unknown): void {
  const open: [unknown, number][] = [[value, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [part, depth] = next;
    if (typeof part !== 'object' || part === null) continue;
    if (depth === maxDepth) throw invalid(`JSON is nested more than ${maxDepth} levels deep`);
    if (Object.hasOwn(part, '__proto__')) throw invalid('no key may be "__proto__"');
    // A long vector has nothing to look into.
    for (const inner of Array.isArray(part) ? part : Object.values(part))
      if (typeof inner === 'object' && inner !== null) open.push([inner, depth + 1]);
  }
}

const invalid = (message: string): SnapshelfError => new SnapshelfError('request-invalid', message);

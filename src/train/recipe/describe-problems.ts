import { z } from 'zod';
import { unwrapped } from './fields.ts';
import { nearest } from './nearest.ts';

type Path = readonly PropertyKey[];

/** The keys of the object at a path of a schema. */
function keysAt(schema: z.core.$ZodType, [key, ...rest]: Path): string[] {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodDiscriminatedUnion)
    return [
      ...new Set(inner.options.flatMap((option) => keysAt(option, key === undefined ? [] : [key, ...rest]))),
    ];
  if (inner instanceof z.ZodArray) return keysAt(inner.element, rest);
  if (!(inner instanceof z.ZodObject)) return [];
  if (key === undefined) return Object.keys(inner.shape);
  const next = inner.shape[String(key)];
  return next === undefined ? [] : keysAt(next, rest);
}

function unknownKey(schema: z.core.$ZodType, subject: string, path: Path, key: string): string {
  const known = keysAt(schema, path);
  const place = path.map((part) => `${String(part)}.`).join('');
  const near = nearest(key, known);
  const advice = near === undefined ? `It has ${known.join(', ')}` : `Did you mean ${place}${near}`;
  return `${subject} has no ${JSON.stringify(place + key)}. ${advice}${near === undefined ? '.' : '?'}`;
}

/** Ends a message with a full stop, unless it is a sentence already. */
export const sentence = (text: string): string => (/[.?]$/.test(text) ? text : `${text}.`);

/** The most problems that are told at once. */
const mostProblems = 10;

/**
 * The problems of a value that a schema refused, a sentence each: `jitter.hue must be a number from 0 to 0.5, not 1.`
 * For an unknown key it names the nearest known one.
 * @param subject the name of the whole value, such as `A recipe`
 */
export function listProblems({ issues }: z.ZodError, subject: string, schema: z.core.$ZodType): string[] {
  const sentences = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownKey(schema, subject, issue.path, key))
      : [sentence(`${issue.path.join('.') || subject} ${issue.message}`)],
  );
  const rest = sentences.length - mostProblems;
  return [...sentences.slice(0, mostProblems), ...(rest > 0 ? [`There are ${rest} more.`] : [])];
}

/** The problems of a value as `listProblems` lists them, in one text. */
export const describeProblems = (...refused: Parameters<typeof listProblems>): string =>
  listProblems(...refused).join(' ');

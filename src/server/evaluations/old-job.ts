import { isName } from '../../gallery/checks/validate.ts';
import type { EvaluationSummary } from './job-file.ts';

const quote = 0x22;
const backslash = 0x5c;
const isOpening = (byte: number): boolean => byte === 0x5b || byte === 0x7b;
const isClosing = (byte: number): boolean => byte === 0x5d || byte === 0x7d;

/** Where the text that begins at a quote ends. */
function endOfText(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at + 1;
}

/** Where the array or object that begins there ends. */
function endOfValue(bytes: Uint8Array, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; ) {
    const byte = bytes[at] as number;
    if (isOpening(byte)) depth += 1;
    if (isClosing(byte)) depth -= 1;
    at = byte === quote ? endOfText(bytes, at) : at + 1;
    if (depth === 0) return at;
  }
  return bytes.length;
}

const key = Buffer.from('"manifest":[');

/** The `job.json` of an earlier release with no entry in its manifest, found without making objects of it. */
export function withoutManifest(given: Uint8Array): Uint8Array {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] !== quote) {
      at += 1;
      continue;
    }
    if (bytes.subarray(at, at + key.length).equals(key)) {
      const list = at + key.length - 1;
      return Buffer.concat([
        bytes.subarray(0, list),
        Buffer.from('null'),
        bytes.subarray(endOfValue(bytes, list)),
      ]);
    }
    at = endOfText(bytes, at);
  }
  return bytes;
}

/** Bytes at the beginning of a `job.json` that `failedJob` needs. */
export const headBytes = 300;

/**
 * What stands for a job of an earlier release that this one does not take, by the beginning of its file and its time;
 * undefined where that does not begin as a job of this id.
 */
export function failedJob(id: string, head: Uint8Array, time: Date): EvaluationSummary | undefined {
  const begins = /^\{"id":"([0-9a-f-]{36})","collection":"([^"]*)","request":/.exec(
    Buffer.from(head).toString('latin1'),
  );
  const collection = begins?.[2];
  if (begins?.[1] !== id || !isName(collection)) return undefined;
  const error = {
    type: 'urn:snapshelf:error:source-invalid',
    title: 'The evaluation is beyond what this release takes.',
    status: 400,
    detail: 'An earlier release accepted this evaluation; it is larger than is allowed now, or damaged.',
    code: 'source-invalid',
  } as const;
  return {
    id,
    collection,
    request: {},
    createdAt: time.toISOString(),
    state: 'failed',
    progress: null,
    error,
  };
}

import { readFileSync } from 'node:fs';

/**
 * The bytes that files of this process may have, as `ulimit -f` sets; undefined without such a limit, and where it is not known
 * (elsewhere than on Linux).
 */
export function largestFileBytes(): number | undefined {
  try {
    const [, bytes] = /^Max file size +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return bytes === undefined ? undefined : Number(bytes);
  } catch {
    return undefined;
  }
}

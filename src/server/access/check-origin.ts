/** Returns the origin of an http(s) URL, or undefined for anything else. */
export function originOf(address: string): string | undefined {
  return /^https?:/i.test(address) && URL.canParse(address) ? new URL(address).origin : undefined;
}

/**
 * Returns the origin of a page if it is written as browsers write it.
 * @throws TypeError for anything else, `*` and `null` included.
 * @example
 * ```ts
 * import { checkOrigin } from 'snapshelf/server';
 *
 * console.log(checkOrigin('https://shop.example'));
 * ```
 */
export function checkOrigin(text: string): string {
  const origin = originOf(text);
  // A wildcard in a host name is a valid URL, but no page has it.
  if (origin !== undefined && origin === text && !origin.includes('*')) return origin;
  const advice = origin === undefined || origin === text ? '' : ` You may mean ${origin}.`;
  throw new TypeError(
    `Expected an exact origin such as https://shop.example, without a path or a slash at the end ("*" and "null", which would allow every page, are not possible), not ${JSON.stringify(text)}.${advice}`,
  );
}

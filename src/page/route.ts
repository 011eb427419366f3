import { computed, signal } from '@preact/signals';

/** A place in the page: `#/c/shop/items?filter=...`. */
export interface Place {
  /** The parts between the slashes, decoded. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function placeOf(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  return {
    path: path
      .split('/')
      .filter((one) => one !== '')
      .map(decode),
    query: new URLSearchParams(query),
  };
}

const hash = signal(location.hash);
addEventListener('hashchange', () => {
  hash.value = location.hash;
});
addEventListener('popstate', () => {
  hash.value = location.hash;
});

/** The place that is shown. */
export const place = computed(() => placeOf(hash.value));

/** The collection of the place; undefined outside of collections. */
export const collectionName = computed(() => (place.value.path[0] === 'c' ? place.value.path[1] : undefined));

/** Returns the link of a place. */
export function linkTo(path: readonly string[], query?: URLSearchParams): string {
  const text = query?.toString() ?? '';
  return `#/${path.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

/** Goes to a place. `replace` leaves no step in the history. */
export function goTo(link: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  if (link === location.hash) return;
  if (replace) history.replaceState(null, '', link);
  else history.pushState(null, '', link);
  hash.value = location.hash;
}

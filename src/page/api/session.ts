import { effect, signal } from '@preact/signals';

const keyName = 'snapshelf-key';
const stored = (): string => {
  try {
    return sessionStorage.getItem(keyName) ?? '';
  } catch {
    return '';
  }
};

/** The key that requests carry; '' without one. It is kept for this tab's session and nowhere else. */
export const key = signal(stored());

/** The reason for which a key is asked for: the server wants one (`unauthorized`), or a better one (`forbidden`); undefined where it is not. */
export const keyAsked = signal<{ readonly code: string; readonly detail: string } | undefined>(undefined);

/** True while the server cannot be reached. */
export const offline = signal(false);

effect(() => {
  try {
    if (key.value === '') sessionStorage.removeItem(keyName);
    else sessionStorage.setItem(keyName, key.value);
  } catch {
    // A browser that keeps nothing: the key lasts until the page is closed.
  }
});

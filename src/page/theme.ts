import { effect, signal } from '@preact/signals';

/** A choice of colours: the system's, or one of two. */
export type Theme = 'system' | 'light' | 'dark';

const themeName = 'snapshelf-theme';
const isTheme = (text: string | null): text is Theme => text === 'light' || text === 'dark';

function stored(): Theme {
  try {
    const text = localStorage.getItem(themeName);
    return isTheme(text) ? text : 'system';
  } catch {
    return 'system';
  }
}

/** The theme that the reader chose. */
export const theme = signal<Theme>(stored());

effect(() => {
  document.documentElement.dataset['theme'] = theme.value;
  try {
    if (theme.value === 'system') localStorage.removeItem(themeName);
    else localStorage.setItem(themeName, theme.value);
  } catch {
    // A browser that keeps nothing.
  }
});

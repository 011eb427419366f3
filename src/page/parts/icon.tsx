import type { JSX } from 'preact';

const paths = {
  camera: 'M4 8h3l1.5-2.5h7L17 8h3v11H4z M12 16.5a3.3 3.3 0 1 0 0-6.6 3.3 3.3 0 0 0 0 6.6z',
  picture: 'M4 5h16v14H4z M4 16l4.5-4.5L13 16l3-3 4 4 M15.5 9.5h.01',
  plus: 'M12 5v14 M5 12h14',
  minus: 'M5 12h14',
  cross: 'M6 6l12 12 M18 6L6 18',
  key: 'M14.5 9.5a4 4 0 1 0-4 4l1.5-.4 1.5 1.9h2v2h2v2h3v-3l-6.4-5a4 4 0 0 0 .4-1.5z',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z M12 2v2 M12 20v2 M2 12h2 M20 12h2 M5 5l1.4 1.4 M17.6 17.6L19 19 M5 19l1.4-1.4 M17.6 6.4L19 5',
  moon: 'M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z',
  auto: 'M12 4a8 8 0 1 0 0 16z M12 4a8 8 0 0 1 0 16',
  share:
    'M9 12l6-4 M9 12l6 4 M7 14.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z M17 8.9a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z M17 19.5a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14z M16 16l4.5 4.5',
  shelf: 'M3 20h18 M6 9h5v8H6z M13.5 6H18v11h-4.5z',
  cloud: 'M7 18a4 4 0 0 1-.5-8A6 6 0 0 1 18 9.5 4.3 4.3 0 0 1 17.5 18 M4 4l16 17',
  alert: 'M12 4l9 16H3z M12 10v4.5 M12 17.3h.01',
  check: 'M5 12.5l4.5 4.5L19 7',
} as const;

/** The name of an icon. */
export type IconName = keyof typeof paths;

/** Shows an icon, which says nothing to a screen reader. */
export const Icon = ({ name, big = false }: { name: IconName; big?: boolean }): JSX.Element => (
  <svg class={big ? 'icon big' : 'icon'} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={paths[name]} />
  </svg>
);

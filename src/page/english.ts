import { itemWords } from './words/items.ts';
import { reportWords } from './words/reports.ts';
import { shopWords } from './words/shop.ts';

/**
 * Every text that the page shows, in one place: a translation is another such file, with the files of `words`. Texts with numbers or
 * names in them are functions.
 */
export const english = {
  locale: 'en',
  name: 'Snapshelf',
  title: (what: string) => `${what} · Snapshelf`,
  skip: 'Skip to the content',
  collection: 'Collection',
  nav: {
    label: 'Pages',
    search: 'Search',
    items: 'Items',
    import: 'Import',
    duplicates: 'Duplicates',
    evaluations: 'Evaluations',
    settings: 'Settings',
    collections: 'Collections',
    health: 'Health',
    keeper: 'For the keeper',
  },
  theme: {
    system: 'Colours: as the system',
    light: 'Colours: light',
    dark: 'Colours: dark',
  },
  key: {
    title: 'This server asks for a key',
    titleMore: 'This needs another key',
    label: 'Key',
    hint: 'It is kept in this tab until you close it, and sent to this server only.',
    use: 'Use this key',
    cancel: 'Not now',
    forget: 'Forget the key',
    open: 'Key',
    is: 'A key is in use',
    retry: 'Enter a key',
  },
  errors: {
    title: 'That did not work',
    offline: 'The server cannot be reached. Is it running, and are you connected?',
    offlineTitle: 'No connection',
    unknown: (status: number) => `The server answered with status ${status} and no explanation.`,
    again: 'Try again',
    code: (code: string) => `Code: ${code}`,
    lost: 'The photos of this search are gone, because the page was loaded anew. Add them again, or share a search by its link.',
    page: 'There is no such page.',
    home: 'Go to the search',
  },
  loading: 'Loading …',
  ...shopWords,
  ...itemWords,
  ...reportWords,
};

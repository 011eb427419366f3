import type { JSX } from 'preact';
import { english } from '../english.ts';
import { Notice } from '../parts/notice.tsx';

/** The keeper's pages. */
export const Keeper = (): JSX.Element => <Notice icon="shelf" title={english.loading} />;

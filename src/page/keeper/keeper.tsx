import '../styles/keeper.css';
import type { JSX } from 'preact';
import { english } from '../english.ts';
import { Notice } from '../parts/notice.tsx';
import { place } from '../route.ts';
import { CollectionsPage } from './collections-page.tsx';
import { DuplicatesPage } from './duplicates-page.tsx';
import { EvaluationsPage } from './evaluations-page.tsx';
import { HealthPage } from './health-page.tsx';
import { ImportPage } from './import/import-page.tsx';
import { ItemPage } from './item-page.tsx';
import { ItemsPage } from './items-page.tsx';
import { ReportPage } from './report-page.tsx';
import { SettingsPage } from './settings-page.tsx';

/** The keeper's pages, by the address. */
export function Keeper(): JSX.Element {
  const [first, collection = '', page, one] = place.value.path;
  if (first === 'collections') return <CollectionsPage />;
  if (first === 'health') return <HealthPage />;
  if (page === 'items' && one !== undefined) return <ItemPage key={one} collection={collection} id={one} />;
  if (page === 'items') return <ItemsPage key={collection} collection={collection} />;
  if (page === 'import') return <ImportPage collection={collection} />;
  if (page === 'duplicates') return <DuplicatesPage key={collection} collection={collection} />;
  if (page === 'evaluations' && one !== undefined) return <ReportPage collection={collection} id={one} />;
  if (page === 'evaluations') return <EvaluationsPage key={collection} collection={collection} />;
  if (page === 'settings') return <SettingsPage key={collection} collection={collection} />;
  return <Notice icon="alert" isBad isPage title={english.errors.page} />;
}

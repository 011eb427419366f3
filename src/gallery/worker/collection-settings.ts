import type { CollectionInfo, CollectionSettings } from '../../engine/index.ts';
import { isSameMetric, settleMetric } from '../../vectors/index.ts';
import { newCursorKey } from '../paging/cursor-key.ts';
import type { Settings } from '../storage/settings.ts';
import { collectionExists } from './collection-errors.ts';

/** Returns the settings of a new collection. */
export function settingsOf(wanted: CollectionSettings): Settings {
  const { modelId, modelName, dimension, storeImages = true } = wanted;
  return {
    space: { modelId, modelName, dimension, ...settleMetric(wanted), generation: 1 },
    storeImages,
    createdAt: new Date().toISOString(),
    cursorKey: newCursorKey(),
  };
}

/** Returns what exists if it has the settings that are wanted. @throws SnapshelfError `collection-exists`. */
export function requireSameSettings(existing: CollectionInfo, wanted: CollectionSettings): CollectionInfo {
  const { storeImages = true } = wanted;
  const differs: string[] = (['modelId', 'dimension', 'metric'] as const).filter(
    (key) => existing[key] !== wanted[key],
  );
  if (existing.metric === wanted.metric && !isSameMetric(existing, wanted)) differs.push('metricOptions');
  if (differs.length === 0 && existing.storeImages === storeImages) return existing;
  const fields = existing.storeImages === storeImages ? differs : [...differs, 'storeImages'];
  const advice = `It differs in ${fields.join(', ')}: use it as it is, or drop it first.`;
  throw collectionExists(wanted.name, advice, { fields });
}

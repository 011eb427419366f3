import { defaultKs, type Protocol } from '../protocols.ts';
import type { Metric } from '../types.ts';
import type { PublishedResult } from './evaluation-schema.ts';

const line = (
  method: string,
  architecture: string,
  recall: readonly (number | null)[],
  metric: Metric = 'cosine',
): PublishedResult => ({ method, metric, architecture, recall });

/**
 * Table 4 of "A unifying mutual information view of metric learning: cross-entropy vs. pairwise losses" (Boudiaf and
 * others, ECCV 2020), by rising Recall@1, for the K of `defaultKs`.
 */
const table: Readonly<Partial<Record<Protocol, readonly PublishedResult[]>>> = {
  cub: [
    line('Lifted Structure', 'GoogLeNet', [47.2, 58.9, 70.2, 80.2, 89.3, 93.2], 'l2'),
    line('Proxy-NCA', 'BN-Inception', [49.2, 61.9, 67.9, 81.9, null, null]),
    line('HTL', 'GoogLeNet', [57.1, 68.8, 78.7, 86.5, 92.5, 95.5]),
    line('ABE', 'GoogLeNet', [60.6, 71.5, 79.8, 87.4, null, null]),
    line('HDC', 'GoogLeNet', [60.7, 72.4, 81.9, 89.2, 93.7, 96.8]),
    line('DREML', 'ResNet-18', [63.9, 75.0, 83.1, 89.7, null, null]),
    line('EPSHN', 'ResNet-50', [64.9, 75.3, 83.5, null, null, null]),
    line('NormSoftmax', 'ResNet-50', [65.3, 76.7, 85.4, 91.8, null, null]),
    line('Multi-Similarity', 'BN-Inception', [65.7, 77.0, 86.6, 91.2, 95.0, 97.3]),
    line('D&C', 'ResNet-50', [65.9, 76.6, 84.4, 90.6, null, null]),
    line('Cross-Entropy', 'ResNet-50', [67.6, 78.1, 85.6, 91.1, 94.7, 97.2], 'l2'),
    line('Cross-Entropy', 'ResNet-50', [69.2, 79.2, 86.9, 91.6, 95.0, 97.3]),
  ],
  cars: [
    line('Lifted Structure', 'GoogLeNet', [49.0, 60.3, 72.1, 81.5, 89.2, 92.8], 'l2'),
    line('Proxy-NCA', 'BN-Inception', [73.2, 82.4, 86.4, 88.7, null, null]),
    line('HTL', 'GoogLeNet', [81.4, 88.0, 92.7, 95.7, 97.4, 99.0]),
    line('EPSHN', 'ResNet-50', [82.7, 89.3, 93.0, null, null, null]),
    line('HDC', 'GoogLeNet', [83.8, 89.8, 93.6, 96.2, 97.8, 98.9]),
    line('Multi-Similarity', 'BN-Inception', [84.1, 90.4, 94.0, 96.5, 98.0, 98.9]),
    line('D&C', 'ResNet-50', [84.6, 90.7, 94.1, 96.5, null, null]),
    line('ABE', 'GoogLeNet', [85.2, 90.5, 94.0, 96.1, null, null]),
    line('DREML', 'ResNet-18', [86.0, 91.7, 95.0, 97.2, null, null]),
    line('NormSoftmax', 'ResNet-50', [89.3, 94.1, 96.4, 98.0, null, null]),
    line('Cross-Entropy', 'ResNet-50', [89.1, 93.7, 96.5, 98.1, 99.0, 99.4], 'l2'),
    line('Cross-Entropy', 'ResNet-50', [89.3, 93.9, 96.6, 98.4, 99.3, 99.7]),
  ],
  sop: [
    line('Lifted Structure', 'GoogLeNet', [62.1, 79.8, 91.3, 97.4], 'l2'),
    line('HDC', 'GoogLeNet', [70.1, 84.9, 93.5, 97.8]),
    line('HTL', 'GoogLeNet', [74.8, 88.3, 94.8, 98.4]),
    line('D&C', 'ResNet-50', [75.9, 88.4, 94.9, 98.1]),
    line('ABE', 'GoogLeNet', [76.3, 88.4, 94.8, 98.2]),
    line('Multi-Similarity', 'BN-Inception', [78.2, 90.5, 96.0, 98.7]),
    line('EPSHN', 'ResNet-50', [78.3, 90.7, 96.3, null]),
    line('NormSoftmax', 'ResNet-50', [79.5, 91.5, 96.7, null]),
    line('Cross-Entropy', 'ResNet-50', [80.8, 91.2, 95.7, 98.1], 'l2'),
    line('Cross-Entropy', 'ResNet-50', [81.1, 91.7, 96.3, 98.8]),
  ],
  'in-shop': [
    line('HDC', 'GoogLeNet', [62.1, 84.9, 89.0, 91.2, 92.3, 93.1]),
    line('DREML', 'ResNet-18', [78.4, 93.7, 95.8, 96.7, null, null]),
    line('HTL', 'GoogLeNet', [80.9, 94.3, 95.8, 97.2, 97.4, 97.8]),
    line('D&C', 'ResNet-50', [85.7, 95.5, 96.9, 97.5, null, 98.0]),
    line('ABE', 'GoogLeNet', [87.3, 96.7, 97.9, 98.2, 98.5, 98.7]),
    line('EPSHN', 'ResNet-50', [87.8, 95.7, 96.8, null, null, null]),
    line('NormSoftmax', 'ResNet-50', [89.4, 97.8, 98.7, 99.0, null, null]),
    line('Multi-Similarity', 'BN-Inception', [89.7, 97.9, 98.5, 98.8, 99.1, 99.2]),
    line('Cross-Entropy', 'ResNet-50', [90.6, 97.8, 98.5, 98.8, 98.9, 99.0], 'l2'),
    line('Cross-Entropy', 'ResNet-50', [90.6, 98.0, 98.6, 98.9, 99.1, 99.2]),
  ],
};

/** Returns the table of a protocol; null if there is none, or if `ks` lacks one of its K. */
export function publishedFor(protocol: Protocol, ks: readonly number[]): readonly PublishedResult[] | null {
  return defaultKs[protocol].every((k) => ks.includes(k)) ? (table[protocol] ?? null) : null;
}

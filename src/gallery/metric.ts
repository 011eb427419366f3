/** How two vectors are compared: `cosine` (1 - cos, 0..2) or `l2` (Euclidean distance, not squared). */
export type Metric = 'cosine' | 'l2';

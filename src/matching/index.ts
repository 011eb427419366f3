export * from './calibration-schema.ts';
export * from './cross-check.ts';
export * from './fit.ts';
export * from './isotonic.ts';
export * from './judge.ts';
export * from './seen-share.ts';
export * from './thresholds.ts';

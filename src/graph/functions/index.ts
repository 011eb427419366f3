export * from './arithmetic.ts';
export { runsInBlocks, spreadDepthwise } from './blocked-convolution.ts';
export * from './convolution.ts';
export * from './linear.ts';
export * from './normalization.ts';
export * from './number.ts';
export * from './reduce.ts';
export { scan } from './scan.ts';
export * from './shape.ts';

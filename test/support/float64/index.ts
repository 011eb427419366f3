export { compareTensors, type NumberTensor, type Tolerance } from './compare-tensors.ts';
export { evaluate, type Values } from './evaluate.ts';
export { numericGradient } from './numeric-gradient.ts';
export { generate, type Tensor64 } from './tensor.ts';

export { compareTensors } from './compare-tensors.ts';
export { evaluate } from './evaluate.ts';
export { numericGradient } from './numeric-gradient.ts';
export { generate, type Tensor64 } from './tensor.ts';

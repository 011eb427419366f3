import type { Logger } from '../log.ts';
import type { ModelMetadata } from '../model/index.ts';
import type { Provider } from '../runtime/index.ts';

/** Warns of an int8 model on CUDA, whose provider has no int8 convolution: it is slower there and less exact than float32. */
export function warnOfInt8({ name, quantization }: ModelMetadata, provider: Provider, log: Logger): void {
  if (quantization === undefined || provider !== 'cuda') return;
  log.warn(
    `${name} is an int8 model, and CUDA has no int8 convolution: it is slower there and less exact than a float model. Use a float32 model on CUDA, or the provider cpu.`,
    { provider },
  );
}

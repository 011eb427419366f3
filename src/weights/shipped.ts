import { fileURLToPath } from 'node:url';

/** The weights to start from that come with the package: the paths of their files by name. */
export const shippedWeights: ReadonlyMap<string, string> = new Map(
  ['imagenet-lite0'].map((name) => [
    name,
    fileURLToPath(new URL(`../../../models/${name}-start.safetensors`, import.meta.url)),
  ]),
);

/** Returns the path of weights: that of the file that ships if they are given by its name. */
export const pathOfWeights = (nameOrPath: string): string => shippedWeights.get(nameOrPath) ?? nameOrPath;

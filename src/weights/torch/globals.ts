import type { ElementType } from '../../tensor/index.ts';
import { invalid, quote, unsafe } from '../failures.ts';
import type { Budget } from '../pickle/budget.ts';
import { Constructor, type PickleHost } from '../pickle/pickle-machine.ts';
import { StorageClass, type StorageTable } from './storage.ts';
import { TensorView } from './tensor-view.ts';

const storageClasses: Readonly<Record<string, ElementType>> = {
  FloatStorage: 'float32',
  DoubleStorage: 'float64',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  ByteStorage: 'uint8',
  CharStorage: 'int8',
  ShortStorage: 'int16',
  IntStorage: 'int32',
  LongStorage: 'int64',
  BoolStorage: 'bool',
};

const rebuildTensor = new Constructor((args) => new TensorView(args));

const rebuildParameter = new Constructor(([tensor]) => {
  if (!(tensor instanceof TensorView)) throw invalid('The pickle has a parameter that is not a tensor.');
  return tensor;
});

const size = new Constructor(([dims]) => {
  if (!Array.isArray(dims)) throw invalid('The pickle has a torch.Size of something that is not a tuple.');
  return dims;
});

/** Makes the constructor of OrderedDict: with the items as one argument, as Python 2 wrote it, or empty. */
const orderedDict = (budget: Budget): Constructor =>
  new Constructor(([items = []]) => {
    if (!Array.isArray(items)) throw invalid('The pickle makes a dict of something that is not a list.');
    budget.spend(items.length);
    return new Map(items.map(readPair));
  });

function readPair(pair: unknown): [unknown, unknown] {
  if (!Array.isArray(pair) || pair.length !== 2) throw invalid('The pickle has a dict item that is no pair.');
  return [pair[0], pair[1]];
}

/** Returns everything that a PyTorch file may name. */
const allowedGlobals = (budget: Budget): ReadonlyMap<string, unknown> =>
  new Map<string, unknown>([
    ['collections.OrderedDict', orderedDict(budget)],
    ['torch._utils._rebuild_tensor', rebuildTensor],
    ['torch._utils._rebuild_tensor_v2', rebuildTensor],
    ['torch._utils._rebuild_parameter', rebuildParameter],
    ['torch.Size', size],
    ...Object.entries(storageClasses).map(
      ([name, dataType]) => [`torch.${name}`, new StorageClass(dataType)] as const,
    ),
  ]);

/** Makes the host of PyTorch's pickles, which may refer to tensors over `storages` and to containers, and to nothing else. */
export function torchHost(storages: StorageTable, budget: Budget): PickleHost {
  const globals = allowedGlobals(budget);
  return {
    budget,
    findGlobal(module, name) {
      const global = globals.get(`${module}.${name}`);
      if (global === undefined) throw unsafe(quote(`${module}.${name}`));
      return global;
    },
    loadPersistent: (id) => storages.load(id),
  };
}

import type { ElementType } from '../../tensor/index.ts';
import { invalid } from '../failures.ts';
import type { Budget } from '../pickle/budget.ts';
import { Foreign } from '../pickle/foreign.ts';
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

/** Makes a tensor; over a storage of a kind that is not known, an opaque object. */
const rebuildTensor = new Constructor((args) =>
  args[0] instanceof Foreign ? args[0] : new TensorView(args),
);

/** Takes the tensor of a parameter, without the attributes that somebody may have set on it. */
const rebuildParameter = new Constructor(([tensor]) => {
  if (tensor instanceof TensorView || tensor instanceof Foreign) return tensor;
  throw invalid('The pickle has a parameter that is not a tensor.');
});

/** Takes the tensor of a subclass or with attributes: the arguments are a function, the class and its arguments. */
const rebuildFromType = new Constructor(([rebuild, , args]) =>
  rebuild instanceof Constructor && Array.isArray(args) ? rebuild.call(args) : Foreign.madeBy(rebuild),
);

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

/** Returns the globals that are more than opaque objects. */
const knownGlobals = (budget: Budget): ReadonlyMap<string, unknown> =>
  new Map<string, unknown>([
    ['collections.OrderedDict', orderedDict(budget)],
    ['torch._utils._rebuild_tensor', rebuildTensor],
    ['torch._utils._rebuild_tensor_v2', rebuildTensor],
    ['torch._utils._rebuild_parameter', rebuildParameter],
    ['torch._utils._rebuild_parameter_with_state', rebuildParameter],
    ['torch._tensor._rebuild_from_type_v2', rebuildFromType],
    ['torch.Size', size],
    ...Object.entries(storageClasses).map(
      ([name, dataType]) => [`torch.${name}`, new StorageClass(dataType)] as const,
    ),
  ]);

/** Makes the host of PyTorch's pickles: tensors over `storages`, containers, and opaque objects for all else. */
export function torchHost(storages: StorageTable, budget: Budget): PickleHost {
  const globals = knownGlobals(budget);
  return {
    budget,
    findGlobal: (module, name) => globals.get(`${module}.${name}`) ?? new Foreign(`${module}.${name}`),
    loadPersistent: (id) => storages.load(id),
  };
}

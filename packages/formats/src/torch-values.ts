// What a file of torch.save may name, and what stands for it here: tensors as places in storages, dicts as Map. The whole
// list of what is allowed; nothing in it runs code of the file. Source: torch/_utils.py and torch/storage.py of PyTorch.

import type { Fail, PickleGlobal } from './pickle-machine.ts';
import { isSize, isSizes } from './shape.ts';
import type { StridedView } from './strided.ts';

/** Values of one type that tensors are views of; the bytes lie elsewhere in the file. */
export class TorchStorage {
  readonly key: string;
  /** A name of stored-types, or null for plain bytes. */
  readonly type: string | null;
  /** Its length in values, of plain bytes in bytes. */
  readonly length: number;

  constructor(key: string, type: string | null, length: number) {
    this.key = key;
    this.type = type;
    this.length = length;
  }
}

/** A tensor whose values have not been read yet. */
export class TorchTensor {
  readonly storage: TorchStorage;
  /** A name of stored-types, or PyTorch's own for a type that is not there. */
  readonly type: string;
  readonly view: StridedView;

  constructor(storage: TorchStorage, type: string, view: StridedView) {
    this.storage = storage;
    this.type = type;
    this.view = view;
  }
}

/** A class of storages or a dtype. */
class TypeName implements PickleGlobal {
  declare readonly call?: undefined;
  readonly type: string | null;

  constructor(type: string | null) {
    this.type = type;
  }
}

/** By PyTorch's dtype: the class of storages of that type, and the name in stored-types. */
const types: readonly (readonly [dtype: string, storage: string, type: string])[] = [
  ['float32', 'FloatStorage', 'F32'],
  ['float64', 'DoubleStorage', 'F64'],
  ['float16', 'HalfStorage', 'F16'],
  ['bfloat16', 'BFloat16Storage', 'BF16'],
  ['int64', 'LongStorage', 'I64'],
  ['int32', 'IntStorage', 'I32'],
  ['int16', 'ShortStorage', 'I16'],
  ['int8', 'CharStorage', 'I8'],
  ['uint8', 'ByteStorage', 'U8'],
  ['bool', 'BoolStorage', 'BOOL'],
  // Of these, types without a class of storages come with a dtype of their own (_rebuild_tensor_v3).
  ['uint16', '', 'U16'],
  ['uint32', '', 'U32'],
  ['uint64', '', 'U64'],
  ['complex64', 'ComplexFloatStorage', 'complex64'],
  ['complex128', 'ComplexDoubleStorage', 'complex128'],
  ['float8_e4m3fn', '', 'float8_e4m3fn'],
  ['float8_e5m2', '', 'float8_e5m2'],
];

/**
 * What the persistent id `('storage', class, key, device, length, …)` stands for.
 */
export function storageOf(id: unknown, fail: Fail): TorchStorage {
  const [kind, type, key, , length, view = null] = Array.isArray(id) ? id : [];
  const sound = kind === 'storage' && type instanceof TypeName && typeof key === 'string' && isSize(length);
  if (!sound || view !== null) return fail('a storage in it is not described in the way of PyTorch');
  return new TorchStorage(key, type.type, length);
}

/** `_rebuild_tensor_v2(storage, offset, size, stride, …)`; its older and newer forms differ in what follows. */
function rebuildTensor(args: readonly unknown[], fail: Fail): TorchTensor {
  const [storage, offset, shape, strides] = args;
  // Only the newest form says a type, since its storage is plain bytes.
  const type =
    storage instanceof TorchStorage ? (storage.type ?? (args[6] as TypeName | undefined)?.type) : null;
  const sound = isSize(offset) && isSizes(shape) && isSizes(strides) && shape.length === strides.length;
  if (!sound || !(storage instanceof TorchStorage) || typeof type !== 'string' || shape.length > 64) {
    return fail('a tensor in it is not described in the way of PyTorch');
  }
  return new TorchTensor(storage, type, { offset, shape, strides });
}

/** `_rebuild_parameter(tensor, …)` */
const firstTensor = (args: readonly unknown[], fail: Fail): TorchTensor =>
  args[0] instanceof TorchTensor ? args[0] : fail('a parameter in it is not made of a tensor');

/** `_rebuild_from_type_v2(function, class, arguments, attributes)`: a tensor with attributes, made by one of the others. */
function rebuildFromType([rebuild, , args]: readonly unknown[], fail: Fail): unknown {
  const { call } = (rebuild ?? {}) as PickleGlobal;
  if ((call !== rebuildTensor && call !== firstTensor) || !Array.isArray(args))
    return fail('a tensor in it is not made in the way of PyTorch');
  return call(args, fail);
}

/** `OrderedDict()`, or of a list of pairs. */
function orderedDict([pairs = []]: readonly unknown[], fail: Fail): Map<unknown, unknown> {
  if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) {
    return fail('a dict in it is not made of pairs');
  }
  return new Map(pairs as [unknown, unknown][]);
}

const toSet = ([items]: readonly unknown[], fail: Fail): Set<unknown> =>
  Array.isArray(items) ? new Set(items) : fail('a set in it is not made of a list');

const toSize = ([sizes]: readonly unknown[], fail: Fail): number[] =>
  isSizes(sizes) ? sizes : fail('a size in it is not made of whole numbers');

/** Values that are no tensors and are left out of what is loaded. */
const leftOut: PickleGlobal = { call: () => null };

/** By module and name. */
export const torchGlobals: ReadonlyMap<string, PickleGlobal> = new Map<string, PickleGlobal>([
  ['torch._utils._rebuild_tensor', { call: rebuildTensor }],
  ['torch._utils._rebuild_tensor_v2', { call: rebuildTensor }],
  ['torch._utils._rebuild_tensor_v3', { call: rebuildTensor }],
  ['torch._utils._rebuild_parameter', { call: firstTensor }],
  ['torch._utils._rebuild_parameter_with_state', { call: firstTensor }],
  ['torch._tensor._rebuild_from_type_v2', { call: rebuildFromType }],
  ['torch.Tensor', {}],
  ['torch.nn.parameter.Parameter', {}],
  ['torch.Size', { call: toSize }],
  ['torch.device', leftOut],
  ['torch.storage.UntypedStorage', new TypeName(null)],
  ...types.map(([dtype, , type]): [string, PickleGlobal] => [`torch.${dtype}`, new TypeName(type)]),
  ...types
    .filter(([, storage]) => storage !== '')
    .map(([, storage, type]): [string, PickleGlobal] => [`torch.${storage}`, new TypeName(type)]),
  ['collections.OrderedDict', { call: orderedDict }],
  // Its argument makes what is missing.
  ['collections.defaultdict', { call: () => new Map() }],
  ['builtins.set', { call: toSet }],
  ['__builtin__.set', { call: toSet }],
  // Numbers as NumPy holds them, such as a best accuracy beside the weights.
  ['numpy.core.multiarray.scalar', leftOut],
  ['numpy._core.multiarray.scalar', leftOut],
  ['numpy.dtype', leftOut],
  ['_codecs.encode', leftOut],
]);

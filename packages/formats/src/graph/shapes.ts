// Sizes of a network's inputs and outputs: those that the caller fixes at load, and those of the outputs that follow.

import {
  NeocogError,
  nn,
  recordNetwork,
  ShapeError,
  summary,
  type Tensor,
  UnsupportedError,
  zeros,
} from 'neocog';

/** A shape by the name of an input, or a number by the name of an open axis. */
export type Shapes = Readonly<Record<string, readonly number[] | number>>;

const isSize = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) > 0;

/** As the only axis of a shape: of any number of axes of any size. */
export const anyAxes = '…';

type Axes = nn.NamedValue['shape'];

/**
 * Inputs with the sizes that `shapes` gives, which may name axes of outputs too. @throws ShapeError for names that are unknown
 * and sizes that do not fit.
 */
export function fixInputs<Input extends nn.NamedValue>(
  about: string,
  { inputs, outputs = [] }: { inputs: readonly Input[]; outputs?: readonly nn.NamedValue[] },
  shapes: Shapes,
): Input[] {
  const all = [
    ...inputs.flatMap(({ name, shape }) => [name, ...shape]),
    ...outputs.flatMap(({ shape }) => shape),
  ];
  const names = new Set(all.filter((name) => isName(name) && name !== anyAxes));
  const unknown = Object.keys(shapes).find((name) => !names.has(name));
  if (unknown !== undefined) {
    throw new ShapeError(`${about}: shapes name '${unknown}'; choose from ${[...names].join(', ')}`);
  }
  return inputs.map((input) => ({ ...input, shape: fixInput(about, input, shapes) }));
}

const isName = (axis: number | string): boolean => typeof axis === 'string';

function fixInput(about: string, { name, shape }: nn.NamedValue, shapes: Shapes): Axes {
  const given = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
  const wanted = Array.isArray(given) ? [...given] : fixAxes(shape, shapes);
  const fits =
    shape[0] === anyAxes
      ? wanted.every((n) => n === anyAxes || isSize(n))
      : wanted.length === shape.length &&
        wanted.every((n, d) => n === shape[d] || (isName(shape[d]) && isSize(n)));
  if (fits) return wanted;
  throw new ShapeError(`${about}: shapes give input '${name}' [${wanted}], but the network needs [${shape}]`);
}

/** Axes may have any name, also one that every object has a property of. */
export const fixAxes = (shape: Axes, shapes: Shapes): Axes =>
  shape.map((axis) => {
    const size = isName(axis) && Object.hasOwn(shapes, axis) ? shapes[axis] : axis;
    return typeof size === 'number' ? size : axis;
  });

/** Sizes by axis, with names for those that are open: an open first axis is the batch. */
export const nameAxes = (name: string, sizes: readonly (number | null)[]): (number | string)[] =>
  sizes.map((n, d) => n ?? (d === 0 ? batchAxis : `${name}.${d}`));

/** How readers that give axes their names call the first one. */
export const batchAxis = 'batch';

/** Outputs with the sizes that follow from the inputs', where all of these are known but for `batch`. */
export function findOutputs(net: nn.NamedModule, batch?: string): readonly nn.NamedValue[] {
  const open = net.inputs.flatMap(({ shape }) => shape).filter(isName);
  const isKnown = net.outputs.every(({ shape }) => !shape.some(isName));
  if (isKnown || open.some((axis) => axis !== batch)) return net.outputs;
  try {
    // What changes with the batch is the batch.
    const [two, three] = (open.length > 0 ? [2, 3] : [1, 1]).map((size) => outputsFor(net, size, batch));
    return two.map(({ name, shape, dtype }, i) => ({
      name,
      shape: shape.map((n, d) => (n === three[i].shape[d] ? n : batch!)),
      dtype,
    }));
  } catch (error) {
    // Some networks run with one batch only, or look at values: their shapes stay open.
    if (error instanceof NeocogError) return net.outputs;
    throw error;
  }
}

type Found = readonly (nn.NamedValue & { readonly shape: readonly number[] })[];

/** Only shapes are computed; of a network with a batch that looks at values, those for zeros. */
function outputsFor(net: nn.NamedModule, size: number, batch?: string): Found {
  const sizes = net.inputs.map(({ name, shape, dtype }) => {
    return { name, shape: shape.map((n) => (typeof n === 'number' ? n : size)), dtype };
  });
  try {
    return recordNetwork(net, { input: Object.fromEntries(sizes.map(({ name, shape }) => [name, shape])) })
      .outputs;
  } catch (error) {
    if (batch === undefined || !(error instanceof UnsupportedError)) throw error;
    return outputsForZeros(net, sizes);
  }
}

/** @throws UnsupportedError where an axis has no cells: its size is likely to follow from values. */
function outputsForZeros(net: nn.NamedModule, sizes: Found): Found {
  let found: nn.NamedTensors = {};
  const [first, ...others] = sizes.map(({ name, shape, dtype }) => [name, zeros(shape, { dtype })] as const);
  class Probe extends nn.Module {
    readonly net = net;

    forward(x: Tensor): Tensor {
      found = net.run(Object.fromEntries([[first[0], x], ...others]));
      return Object.values(found)[0];
    }
  }
  summary(new Probe(), sizes[0].shape, { dtype: sizes[0].dtype });
  return Object.entries(found).map(([name, { shape, dtype }]) => {
    if (shape.includes(0)) throw new UnsupportedError(`the size of output ${name} depends on values`);
    return { name, shape, dtype };
  });
}

// What a cell deep in a network can see of the input, from the windows of a stack or by following a module. How much it
// really depends on each cell is in effectiveField.ts. Araujo, Norris & Sim, "Computing receptive fields of convolutional
// neural networks", 2019.

import { type Field, field, flag, isListOf, isRecord, need, required } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { counted } from '../arguments/show.ts';
import { ShapeError, UnsupportedError } from '../errors.ts';
import { windowAxes } from '../geometry/given.ts';
import {
  type Call,
  convFields,
  kernelField,
  type Padding,
  type PerAxis,
  perRank,
  type Rank,
  readSizes,
  refuse,
  show,
} from '../geometry/options.ts';
import {
  type FieldAxis,
  ownCell,
  type ReceptiveField,
  readField,
  throughTransposed,
  throughWindow,
} from '../geometry/receptive.ts';
import type { WindowAxis } from '../geometry/types.ts';
import { bareAxes, resolvePadding } from '../geometry/window.ts';
import { Module } from '../nn/module.ts';
import { checkShape, type Shape } from '../tensor/shape.ts';
import { zeros } from '../tensor/tensor.ts';
import { type Step, traceModule } from './trace.ts';

/** A window of a stack by its options. */
export interface WindowOptions {
  /** Taps: a number, or one per axis. */
  kernel: PerAxis;
  /** Default 1, for pooling too. */
  stride?: PerAxis | undefined;
  /** Cells from tap to tap. Default 1, which means none. */
  dilation?: PerAxis | undefined;
  /** Cells added around, in numbers or by name. Default 0. */
  padding?: Padding | undefined;
  /** A transposed convolution. Default false. */
  transposed?: boolean | undefined;
}

/** A window of a stack by its geometry, of a convolution or of pooling. */
export interface WindowAxes {
  /** One per spatial axis, as in a `ConvGeometry` or a `PoolGeometry`. */
  readonly axes: readonly WindowAxis[];
  /** The geometry is read from the other side. Default false. */
  readonly transposed?: boolean | undefined;
}

/** A layer of a stack, for `receptiveField`: a window by its options, or a geometry that there already is. */
export type StackLayer = WindowOptions | WindowAxes;

const windowFields = perRank((rank): Fields<WindowOptions> => {
  const { stride, dilation, padding } = convFields[rank];
  return { kernel: required(kernelField[rank]), stride, dilation, padding, transposed: flag };
});

const layersField: Field<readonly StackLayer[]> = field(
  'a list of windows { kernel, … }, or a Module and the shape of its input',
  (v) => isListOf(v, isRecord),
);

/** What a layer of a module sees. */
export interface LayerField extends ReceptiveField {
  /** The layer's path in the module. */
  readonly layer: string;
}

/**
 * What one cell sees of the input, after each layer of a stack: cell `o` sees `size` cells from `start + o·jump` on.
 * One number per axis; a stack whose options are single numbers has one axis, which stands for all.
 *
 * @throws ShapeError for options that are none. @throws UnsupportedError for padding 'same' with a stride, which depends
 * on the input's size.
 * @example receptiveField([{ kernel: 3 }, { kernel: 3 }, { kernel: 3 }]).at(-1)?.size // [7]
 */
export function receptiveField(layers: readonly StackLayer[]): ReceptiveField[];
/**
 * What one cell sees of an input of `inputShape`, after each layer of a module, up to the first layer that has no spatial
 * axes. Branches may join by addition or concatenation.
 *
 * @throws ShapeError where the input does not fit a layer. @throws UnsupportedError where a layer's field cannot be told.
 */
export function receptiveField(module: Module, inputShape: Shape): LayerField[];
export function receptiveField(
  source: readonly StackLayer[] | Module,
  inputShape?: Shape,
): ReceptiveField[] | LayerField[] {
  if (source instanceof Module) return fieldsOfModule(source, inputShape);
  need('receptiveField', 'layers', source, layersField);
  return fieldsOfStack(source);
}

function fieldsOfStack(layers: readonly StackLayer[]): ReceptiveField[] {
  const rank = rankOf(layers);
  let fields: readonly FieldAxis[] = Array<FieldAxis>(rank).fill(ownCell);
  return layers.map((layer, i) => {
    const call = { fn: `receptiveField: layer ${i + 1}`, rank, shapes: `layer ${i + 1} of ${layers.length}` };
    const axes = 'axes' in layer ? checkAxes(call, layer) : readWindow(call, layer);
    const through = layer.transposed ? transposedIn(call) : throughWindow;
    fields = fields.map((field, d) => through(field, axes[d]));
    return readField(fields);
  });
}

type Sliding = Parameters<typeof throughWindow>[1];

const transposedIn =
  ({ shapes }: Call) =>
  (field: FieldAxis, axis: Sliding): FieldAxis => {
    const after = throughTransposed(field, axis);
    if (after) return after;
    throw new UnsupportedError(
      `receptiveField: the strides of transposed layers multiply to more than 4096 (${shapes}); use smaller ones`,
    );
  };

/** The rank that the first layer with a list states; 1 where all are single numbers. */
function rankOf(layers: readonly StackLayer[]): Rank {
  const lists = layers.flatMap((layer): unknown[] =>
    'axes' in layer ? [layer.axes] : [layer.kernel, layer.stride, layer.dilation, layer.padding],
  );
  const length = lists.find((list) => Array.isArray(list))?.length ?? 1;
  if (length === 1 || length === 2 || length === 3) return length;
  throw new ShapeError(`receptiveField: a layer has ${counted(length, 'axis', 'axes')}; give 1, 2 or 3`);
}

function checkAxes(call: Call, { axes, transposed }: WindowAxes): readonly WindowAxis[] {
  need(call.fn, 'axes', axes, windowAxes);
  if (transposed !== undefined) need(call.fn, 'transposed', transposed, flag);
  if (axes.length === call.rank) return axes;
  return refuse(
    call,
    `the geometry has ${counted(axes.length, 'axis', 'axes')}, but the stack has ${call.rank}`,
    'give all layers the same number',
  );
}

function readWindow(call: Call, options: WindowOptions): Sliding[] {
  needOptions(call.fn, options, windowFields[call.rank]);
  const kernel = readSizes(call, 'kernel', options.kernel);
  // With stride 1 no named padding depends on the input's size.
  const bare = bareAxes(call, { input: kernel.map(() => 1), kernel }, options);
  const padding = options.padding ?? 0;
  if ((padding === 'same' || padding === 'same-lower') && bare.some(({ stride }) => stride > 1)) {
    const steps = show(bare.map(({ stride }) => stride));
    throw new UnsupportedError(
      `receptiveField: padding '${padding}' with stride ${steps} depends on the input's size (${call.shapes}); give the padding in numbers, or a geometry`,
    );
  }
  const pads = resolvePadding(call, padding, bare);
  return bare.map((axis, i) => ({ ...axis, padBefore: pads[i][0] }));
}

function fieldsOfModule(module: Module, inputShape: Shape | undefined): LayerField[] {
  if (inputShape === undefined) {
    throw new ShapeError(
      'receptiveField: a module needs the shape of its input; pass it as the second argument',
    );
  }
  checkShape('receptiveField', inputShape);
  const steps = traceModule(module, zeros(inputShape)).filter((step) => step.module.children().length === 0);
  const flat = steps.findIndex((step) => step.output.rank < 3);
  return (flat < 0 ? steps : steps.slice(0, flat)).map(fieldOfStep);
}

function fieldOfStep({ name, module, field }: Step): LayerField {
  if (field) return Object.freeze({ layer: name, ...field });
  const what = `layer '${name}' (${module.constructor.name}) has no receptive field`;
  throw new UnsupportedError(
    `receptiveField: ${what}, because windows and branches of equal jumps do not describe it; ask for the part before it, or use effectiveReceptiveField`,
  );
}

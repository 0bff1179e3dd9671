// What a network consists of, layer by layer, as numbers and as a table. Found by following one forward pass that
// computes nothing (trace.ts); the arithmetic of a single layer, without a module, is in arithmetic.ts.

import { type Field, field, flag, isListOf, isRecord, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import type { ReceptiveField } from '../geometry/receptive.ts';
import type { Module } from '../nn/module.ts';
import { aModule } from '../nn/parts.ts';
import { aDType } from '../tensor/fields.ts';
import { checkShape, type Shape } from '../tensor/shape.ts';
import { type DType, zeros } from '../tensor/tensor.ts';
import { formatBytes, formatCount, formatPerAxis, formatSizes, formatTable } from './text.ts';
import { type Step, traceModule } from './trace.ts';

/** Bytes of float32 values. */
export interface MemorySummary {
  /** Of the outputs. */
  readonly activations: number;
  /** Of weights and biases. */
  readonly parameters: number;
}

/** One row of a summary: a layer, or a part that computes something beside its own parts. */
export interface LayerSummary {
  /** Path in the module, such as `features.0`. */
  readonly name: string;
  /** The layer's class, with its options. */
  readonly type: string;
  /** Of what came in, batch included. */
  readonly inputShape: Shape;
  /** Of what went out, batch included. */
  readonly outputShape: Shape;
  /** Weights and biases of this layer itself. */
  readonly parameters: number;
  /** Multiplications, each with its addition, of one forward pass. */
  readonly multiplyAdds: number;
  /** In bytes: the output, and the weights. */
  readonly memory: MemorySummary;
  /**
   * Which cells of the network's input a cell of the output depends on: through chains, and through branches that are
   * added or concatenated. Null where there are no spatial axes, and where it cannot be told.
   */
  readonly receptiveField: ReceptiveField | null;
  /** Parameters of a dense layer from every input to every output of one sample; null for all but convolutions. */
  readonly dense: number | null;
}

/** A network layer by layer, and in all. `formatSummary` makes a table of it. */
export interface Summary {
  /** The shape that `summary` was asked about, batch included. */
  readonly inputShape: Shape;
  /** In the order in which they run. */
  readonly layers: readonly LayerSummary[];
  /** Each parameter counted once, however many layers share it. */
  readonly parameters: number;
  /** Multiplications, each with its addition, of one forward pass. */
  readonly multiplyAdds: number;
  /** In bytes: the outputs of all layers, and all weights. */
  readonly memory: MemorySummary;
  /** Parameters if every convolution were a dense layer. */
  readonly dense: number;
}

/** What `summary` is told of the input beside its shape. */
export interface SummaryOptions {
  /** What the input holds; 'int32' for networks that begin with an embedding. Default 'float32'. */
  dtype?: DType | undefined;
}

const fields: Fields<SummaryOptions> = { dtype: aDType };

/**
 * Shapes, parameters, multiply-adds, memory and receptive field of every layer, for an input of `inputShape` (with its
 * batch axis). Nothing is computed, and the module is left as it was.
 *
 * @throws ShapeError where the input does not fit a layer.
 * @example summary(models.lenet5(), [1, 1, 28, 28]).parameters // 61706
 */
export function summary(module: Module, inputShape: Shape, options: SummaryOptions = {}): Summary {
  need('summary', 'module', module, aModule);
  checkShape('summary', inputShape);
  needOptions('summary', options, fields);
  const steps = traceModule(module, zeros(inputShape, { dtype: options.dtype }));
  const layers = steps.filter(isLayer).map(describeLayer);
  const total = (count: (layer: LayerSummary) => number): number =>
    layers.reduce((sum, layer) => sum + count(layer), 0);
  const parameters = countParameters(module);
  return {
    inputShape: [...inputShape],
    layers,
    parameters,
    multiplyAdds: total((layer) => layer.multiplyAdds),
    memory: { activations: total((layer) => layer.memory.activations), parameters: 4 * parameters },
    dense: total((layer) => layer.dense ?? layer.parameters),
  };
}

const countParameters = (module: Module): number =>
  module.parameters().reduce((sum, parameter) => sum + parameter.size, 0);

/** Parameters of a module without those of its children. */
const ownParameters = (module: Module): number =>
  module.children().reduce((rest, [, child]) => rest - countParameters(child), countParameters(module));

/** A part without parts, or one that works besides what its parts do. */
const isLayer = ({ module, multiplyAdds }: Step): boolean =>
  module.children().length === 0 || multiplyAdds > 0 || ownParameters(module) > 0;

function describeLayer(step: Step): LayerSummary {
  const { name, module, input, output, field, multiplyAdds } = step;
  const options = module.describe();
  const parameters = ownParameters(module);
  return {
    name,
    type: options ? `${module.constructor.name}(${options})` : module.constructor.name,
    inputShape: input.shape,
    outputShape: output.shape,
    parameters,
    multiplyAdds,
    memory: { activations: 4 * output.size, parameters: 4 * parameters },
    receptiveField: field,
    dense: denseOf(step),
  };
}

/** (inputs + 1)·outputs of one sample, the 1 for a bias. */
function denseOf({ convolutions, input, output, module }: Step): number | null {
  if (convolutions.length === 0) return null;
  const batch = Math.max(convolutions[0].batch, 1);
  const bias = module.namedParameters().some(([key]) => key.endsWith('bias')) ? 1 : 0;
  return (input.size / batch + bias) * (output.size / batch);
}

/** Which columns `formatSummary` shows. */
export interface FormatSummaryOptions {
  /** Adds a column of what dense layers in the place of the convolutions would need. Default false. */
  compareDense?: boolean | undefined;
}

const formatFields: Fields<FormatSummaryOptions> = { compareDense: flag };
const aSummary: Field<Summary> = field(
  'the result of summary(…)',
  (v) => isRecord(v) && isListOf(v.layers, isRecord) && isRecord(v.memory) && Array.isArray(v.inputShape),
);

interface Column {
  readonly heading: string;
  readonly input: string;
  readonly total: string;
  readonly cell: (layer: LayerSummary) => string;
}

/** A summary as a table for the terminal: a line for the input, one per layer, one of totals. */
export function formatSummary(summary: Summary, options: FormatSummaryOptions = {}): string {
  need('formatSummary', 'summary', summary, aSummary);
  needOptions('formatSummary', options, formatFields);
  const columns = [...columnsOf(summary), ...(options.compareDense ? [denseColumn(summary)] : [])];
  const rows = [
    columns.map((column) => column.heading),
    columns.map((column) => column.input),
    ...summary.layers.map((layer) => columns.map((column) => column.cell(layer))),
    columns.map((column) => column.total),
  ];
  return formatTable(
    rows,
    columns.map((_, i) => i).filter((i) => i > 1),
  );
}

const bytesOf = ({ activations, parameters }: MemorySummary): string => formatBytes(activations + parameters);

/** A number of a receptive field, where there is one. */
const fieldCell =
  (format: (field: ReceptiveField) => string) =>
  ({ receptiveField }: LayerSummary): string =>
    receptiveField ? format(receptiveField) : '';

/** What stands in a column's first and last line. */
type Ends = Partial<Pick<Column, 'input' | 'total'>>;

const column = (heading: string, cell: Column['cell'], { input = '', total = '' }: Ends = {}): Column => ({
  heading,
  cell,
  input,
  total,
});

const countColumn = (heading: string, key: 'parameters' | 'multiplyAdds', summary: Summary): Column =>
  column(heading, (layer) => formatCount(layer[key]), { total: formatCount(summary[key]) });

const columnsOf = (summary: Summary): Column[] => [
  column('layer', (layer) => layer.name, { input: 'input', total: 'all' }),
  column('kind', (layer) => layer.type),
  column('output', (layer) => formatSizes(layer.outputShape), { input: formatSizes(summary.inputShape) }),
  countColumn('parameters', 'parameters', summary),
  countColumn('multiply-adds', 'multiplyAdds', summary),
  column('memory', (layer) => bytesOf(layer.memory), { total: bytesOf(summary.memory) }),
  column(
    'sees',
    fieldCell((field) => formatSizes(field.size)),
  ),
  column(
    'jump',
    fieldCell((field) => formatPerAxis(field.jump)),
  ),
  column(
    'start',
    fieldCell((field) => formatPerAxis(field.start)),
  ),
];

const denseColumn = (summary: Summary): Column =>
  column('as dense layers', ({ dense }) => (dense === null ? '' : formatCount(dense)), {
    total: formatCount(summary.dense),
  });

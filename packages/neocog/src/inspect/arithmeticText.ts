// A layer's arithmetic as lines of text: what goes in and comes out, each count with its formula, and comparisons.

import { type Field, field, isListOf, isRecord, need } from '../arguments/field.ts';
import type { ReceptiveField } from '../geometry/receptive.ts';
import type { AxisArithmetic, LayerArithmetic } from './arithmeticRecord.ts';
import { formatBytes, formatCount, formatPerAxis, formatSizes } from './text.ts';

type Line = readonly [label: string, text: string | null];

const anArithmetic: Field<LayerArithmetic> = field(
  'the result of a function of explain',
  (v) => isRecord(v) && isListOf(v.axes, isRecord) && isRecord(v.formulas) && isRecord(v.memory),
);

/** A layer's arithmetic as lines of text, the formulas with their numbers filled in. */
export function formatArithmetic(layer: LayerArithmetic): string {
  need('explain.format', 'layer', layer, anArithmetic);
  const blocks: Line[][] = [
    shapeLines(layer),
    [...axisLines(layer.axes), ...countLines(layer)],
    comparisonLines(layer),
  ];
  const shown = blocks.map((lines) => lines.filter(([, text]) => text !== null));
  const width = Math.max(...shown.flat().map(([label]) => label.length));
  const title = [layer.op, layer.geometry].filter((part) => part !== null).join('  ');
  const texts = shown.map((lines) =>
    lines.map(([label, text]) => `${label.padEnd(width)}  ${text}`).join('\n'),
  );
  return [title, ...texts.filter((text) => text !== '')].join('\n\n');
}

const shapeLines = (layer: LayerArithmetic): Line[] => [
  ['input', formatSizes(layer.inputShape)],
  ['weights', layer.weightShape && formatSizes(layer.weightShape)],
  ['output', formatSizes(layer.outputShape)],
];

/** A line for each formula of each axis; axes that read the same share it. */
function axisLines(axes: readonly AxisArithmetic[]): Line[] {
  const lines = new Map<string, string[]>();
  for (const axis of axes) {
    for (const text of [axis.kernelFormula, axis.paddingFormula, axis.formula]) {
      if (text !== null) lines.set(text, [...(lines.get(text) ?? []), axis.name]);
    }
  }
  return [...lines].map(([text, names]) => [names.join(', '), text]);
}

const countLines = ({ formulas, memory, receptiveField }: LayerArithmetic): Line[] => [
  ['parameters', formulas.parameters],
  ['multiply-adds', formulas.multiplyAdds],
  ['memory', describeMemory(memory)],
  ['receptive field', receptiveField && describeField(receptiveField)],
];

const describeMemory = ({ input, weights, output }: LayerArithmetic['memory']): string =>
  [
    `input ${formatBytes(input)}`,
    ...(weights > 0 ? [`parameters ${formatBytes(weights)}`] : []),
    `output ${formatBytes(output)}`,
  ].join(', ');

const describeField = ({ size, jump, start }: ReceptiveField): string =>
  `size ${formatSizes(size)}, jump ${formatPerAxis(jump)}, start ${formatPerAxis(start)}`;

function comparisonLines({ formulas, separable, weights }: LayerArithmetic): Line[] {
  const saving = separable && `${formatCount(separable.weights)} weights for ${formatCount(weights)}`;
  return [
    ['dense', formulas.dense && `${formulas.dense} parameters`],
    ['dense, one unit per filter', formulas.denseToFilters && `${formulas.denseToFilters} parameters`],
    ['depthwise separable', separable && `${formulas.separable} of the multiply-adds, ${saving}`],
  ];
}

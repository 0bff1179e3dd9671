// The layer in Keras, channels last. What its layers do not take is done before or after them.

import { areAll, args, isPadded, lines, numbersOf, type Source, tuple } from './source.ts';

const modes = {
  zeros: 'constant',
  reflect: 'reflect',
  symmetric: 'symmetric',
  replicate: 'edge',
  circular: 'wrap',
} as const;

const pairs = ({ pads }: Source): string =>
  `[(0, 0), ${pads.map(([a, b]) => `(${a}, ${b})`).join(', ')}, (0, 0)]`;

/** The names of padding that Keras has too. */
function ownPadding({ settings, rank, isPool, isTransposed }: Source): 'same' | 'causal' | null {
  if (isPool || (settings.mode !== 'zeros' && !isTransposed)) return null;
  if (settings.pad === 'same') return 'same';
  return settings.pad === 'causal' && rank === 1 && !isTransposed ? 'causal' : null;
}

function padLine(source: Source): string | false {
  const { settings, isTransposed } = source;
  if (isTransposed || !isPadded(source) || ownPadding(source)) return false;
  if (settings.op === 'max') return `x = keras.ops.pad(x, ${pairs(source)}, constant_values=float('-inf'))`;
  if (settings.mode === 'replicate' || settings.mode === 'circular')
    return `x = np.pad(x, ${pairs(source)}, mode='${modes[settings.mode]}')`;
  const mode = settings.mode === 'zeros' ? '' : `, mode='${modes[settings.mode]}'`;
  return `x = keras.ops.pad(x, ${pairs(source)}${mode})`;
}

/** Without output padding Keras makes the output at least input × stride. */
function outputPadding(source: Source): string | false {
  const { axes, extra } = source;
  if (ownPadding(source)) return false;
  const usual = axes.map(({ stride, effectiveKernel }) => Math.max(stride - effectiveKernel, 0));
  return String(usual) !== String(extra) && `output_padding=${tuple(extra)}`;
}

function optionsOf(source: Source): string {
  const { settings, axes, groups, isPool, isTransposed } = source;
  const [stride, dilation] = [numbersOf(axes, 'stride'), numbersOf(axes, 'dilation')];
  const own = ownPadding(source);
  const ownStride = isPool ? String(stride) !== String(numbersOf(axes, 'kernel')) : !areAll(stride, 1);
  return args(
    ownStride && `strides=${tuple(stride)}`,
    own !== null && `padding='${own}'`,
    isTransposed && outputPadding(source),
    !isPool && !areAll(dilation, 1) && `dilation_rate=${tuple(dilation)}`,
    !isPool && !isTransposed && groups > 1 && `groups=${groups}`,
    !isPool && !settings.bias && 'use_bias=False',
  );
}

function cutLine(source: Source): string | false {
  if (!source.isTransposed || !isPadded(source) || ownPadding(source)) return false;
  const cuts = source.pads.map(([before, after]) => `${before}:${after > 0 ? -after : ''}`);
  return `y = y[:, ${cuts.join(', ')}, :]`;
}

function notesOf({ settings, axes, groups, isPool, isTransposed, pads }: Source): string[] {
  const dilated = !areAll(numbersOf(axes, 'dilation'), 1);
  const strided = !areAll(numbersOf(axes, 'stride'), 1);
  const notes: [boolean, string][] = [
    [isTransposed && groups > 1, 'Keras’ transposed layers have no groups.'],
    [isTransposed && settings.mode !== 'zeros', 'Keras’ transposed layers have no padding mode but zeros.'],
    [!isPool && dilated && strided, 'Keras takes strides or dilation, not both.'],
    [isPool && dilated, 'Keras’ pooling has no dilation.'],
    [isPool && settings.ceil, 'Keras’ pooling has no ceil mode; pad the input at its end instead.'],
    [
      settings.op === 'avg' && !settings.counted && pads.some(([a, b]) => a + b > 0),
      'Padding by hand counts in Keras’ averages.',
    ],
  ];
  return notes.filter(([holds]) => holds).map(([, note]) => `# ${note}`);
}

const classes = { conv: 'Conv', transposed: 'Conv', max: 'MaxPooling', avg: 'AveragePooling' };

const lastOf = ([batch, channels, ...spatial]: readonly number[]): number[] => [
  batch!,
  ...spatial,
  channels!,
];

export function kerasCode(source: Source): string {
  const { settings, rank, facts, axes, isPool, isTransposed } = source;
  const [pad, cut] = [padLine(source), cutLine(source)];
  const options = optionsOf(source);
  const given = args(
    !isPool && String(facts.outputShape[1]),
    tuple(numbersOf(axes, 'kernel')),
    options !== '' && options,
  );
  const shape = `# (${lastOf(facts.outputShape).join(', ')})`;
  return lines(
    'import keras',
    pad !== false && pad.includes('np.') && 'import numpy as np',
    '',
    ...notesOf(source),
    `layer = keras.layers.${classes[settings.op]}${rank}D${isTransposed ? 'Transpose' : ''}(${given})`,
    `x = keras.random.normal((${lastOf(facts.inputShape).join(', ')}))`,
    pad,
    `y = layer(x)${cut === false ? `  ${shape}` : ''}`,
    cut !== false && `${cut}  ${shape}`,
  );
}

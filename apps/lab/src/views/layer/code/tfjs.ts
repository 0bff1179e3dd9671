// The layer in TensorFlow.js, channels last, as its operations; one axis is an image of one row where there is no operation.

import { areAll, args, isPadded, lines, numbersOf, type Source } from './source.ts';

const js = (numbers: readonly number[]): string => `[${numbers.join(', ')}]`;
const lastOf = ([batch, channels, ...spatial]: readonly number[]): number[] => [
  batch!,
  ...spatial,
  channels!,
];

/** Sequences are images of one row. */
const asImage = ({ rank }: Source, numbers: readonly number[], row = 1): number[] =>
  rank === 1 ? [row, ...numbers] : [...numbers];

function padLine(source: Source): string | false {
  const { settings, pads, rank } = source;
  if (source.isTransposed || !isPadded(source)) return false;
  const own = rank === 1 ? [[0, 0], ...pads] : pads;
  const pairs = `[[0, 0], ${own.map((pair) => js(pair as number[])).join(', ')}, [0, 0]]`;
  if (settings.mode === 'reflect' || settings.mode === 'symmetric')
    return `x = tf.mirrorPad(x, ${pairs}, '${settings.mode}');`;
  if (settings.mode !== 'zeros') return `// tf has no padding mode '${settings.mode}'.`;
  return `x = tf.pad(x, ${pairs}${settings.op === 'max' ? ', -Infinity' : ''});`;
}

/** `[…kernel, in / groups, out]`, of a transposed convolution `[…kernel, out / groups, in]`. */
function weightShape({ facts, rank }: Source): number[] {
  const [first, second, ...kernel] = facts.weightShape as readonly number[] as [number, number, ...number[]];
  return [...(rank === 1 ? [1, ...kernel] : kernel), second, first];
}

function convCall(source: Source): string {
  const { axes, rank, groups } = source;
  const stride = js(asImage(source, numbersOf(axes, 'stride')));
  const dilation = numbersOf(axes, 'dilation');
  const name = rank === 3 ? 'conv3d' : 'conv2d';
  const format = rank === 3 ? `'NDHWC'` : `'NHWC'`;
  const dilations = areAll(dilation, 1) ? '' : `, ${format}, ${js(asImage(source, dilation))}`;
  const call = (x: string, w: string): string => `tf.${name}(${x}, ${w}, ${stride}, 'valid'${dilations})`;
  if (groups === 1) return call('x', 'w');
  return `tf.concat(tf.split(x, ${groups}, -1).map((part, i) => ${call('part', `tf.split(w, ${groups}, -1)[i]`)}), -1)`;
}

function transposedCall(source: Source): string {
  const { axes, rank, facts, pads } = source;
  const stride = js(asImage(source, numbersOf(axes, 'stride')));
  const whole = axes.map(({ output }, d) => output + pads[d]![0] + pads[d]![1]);
  const shape = js([1, ...asImage(source, whole), facts.outputShape[1]!]);
  const name = rank === 3 ? 'conv3dTranspose' : 'conv2dTranspose';
  return `tf.${name}(x, w, ${shape}, ${stride}, 'valid')`;
}

function poolCall(source: Source): string {
  const { axes, rank, settings } = source;
  const name = `${settings.op}Pool${rank === 3 ? '3d' : ''}`;
  const kernel = js(asImage(source, numbersOf(axes, 'kernel')));
  const stride = js(asImage(source, numbersOf(axes, 'stride')));
  return `tf.${name}(x, ${args(kernel, stride, `'valid'`)})`;
}

function cutLine(source: Source): string | false {
  if (!source.isTransposed || !isPadded(source)) return false;
  const first = asImage(
    source,
    source.pads.map(([before]) => before),
    0,
  );
  const size = asImage(source, numbersOf(source.axes, 'output'));
  return `y = tf.slice(y, ${js([0, ...first, 0])}, ${js([1, ...size, source.facts.outputShape[1]!])});`;
}

function notesOf({ settings, axes, groups, isPool, isTransposed, pads }: Source): string[] {
  const [dilated, strided] = [!areAll(numbersOf(axes, 'dilation'), 1), !areAll(numbersOf(axes, 'stride'), 1)];
  const padded = pads.some(([a, b]) => a + b > 0);
  const notes: [boolean, string][] = [
    [isTransposed && (groups > 1 || dilated), 'tf’s transposed convolution has neither groups nor dilation.'],
    [
      isTransposed && settings.mode !== 'zeros' && padded,
      'tf’s transposed convolution has no padding mode but zeros.',
    ],
    [!isPool && !isTransposed && dilated && strided, 'tf takes strides or dilations, not both.'],
    [isPool && dilated, 'tf’s pooling of this kind has no dilation.'],
    [isPool && settings.ceil, 'tf.pad the end of the input for ceil mode.'],
    [settings.op === 'avg' && !settings.counted && padded, 'Padding by hand counts in the averages.'],
  ];
  return notes.filter(([holds]) => holds).map(([, note]) => `// ${note}`);
}

export function tfjsCode(source: Source): string {
  const { facts, rank, settings, isPool, isTransposed } = source;
  const call = isPool ? poolCall(source) : isTransposed ? transposedCall(source) : convCall(source);
  const cut = cutLine(source);
  const sizes = lastOf(facts.inputShape);
  const input = rank === 1 ? [sizes[0]!, 1, ...sizes.slice(1)] : sizes;
  const result = lastOf(facts.outputShape);
  const output = rank === 1 ? [result[0]!, 1, ...result.slice(1)] : result;
  const pad = padLine(source);
  const after = [cut, !isPool && settings.bias && 'y = tf.add(y, b);'].filter((line) => line !== false);
  const statements = [`${after.length > 0 ? 'let' : 'const'} y = ${call};`, ...after];
  return lines(
    `import * as tf from '@tensorflow/tfjs';`,
    '',
    ...notesOf(source),
    rank === 1 && '// A signal is an image of one row.',
    `${pad === false ? 'const' : 'let'} x = tf.randomNormal([${input.join(', ')}]);`,
    !isPool && `const w = tf.randomNormal([${weightShape(source).join(', ')}]);`,
    !isPool && settings.bias && `const b = tf.zeros([${facts.outputShape[1]}]);`,
    pad,
    `${statements.join('\n')} // [${output.join(', ')}]`,
  );
}

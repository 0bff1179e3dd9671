// The layer in PyTorch. What its layers do not take is done before or after them.

import { areAll, args, isEven, isPadded, lines, numbersOf, type Source, tuple } from './source.ts';

const modes = {
  zeros: 'constant',
  reflect: 'reflect',
  replicate: 'replicate',
  circular: 'circular',
} as const;

/** F.pad takes the last axis first. */
const flatPads = ({ pads }: Source): string => [...pads].reverse().flat().join(', ');
const numpyPads = ({ pads }: Source): string =>
  `[(0, 0), (0, 0), ${pads.map(([a, b]) => `(${a}, ${b})`).join(', ')}]`;

/** Whether the layer itself can pad: alike before and after, in a mode that it knows. */
const padsItself = (source: Source): boolean =>
  isEven(source) && source.settings.mode !== 'symmetric' && !source.isTransposed;

function padLine(source: Source): string | false {
  const { settings, isPool } = source;
  if (source.isTransposed || !isPadded(source) || padsItself(source)) return false;
  if (isPool) {
    const fill = settings.op === 'max' ? `, value=float('-inf')` : '';
    return `x = F.pad(x, (${flatPads(source)})${fill})`;
  }
  if (settings.mode === 'symmetric')
    return `x = torch.from_numpy(np.pad(x.numpy(), ${numpyPads(source)}, mode='symmetric'))`;
  return `x = F.pad(x, (${flatPads(source)}), mode='${modes[settings.mode]}')`;
}

function optionsOf(source: Source): string {
  const { settings, axes, groups, isPool, isTransposed, extra } = source;
  const [stride, dilation] = [numbersOf(axes, 'stride'), numbersOf(axes, 'dilation')];
  const before = source.pads.map(([cells]) => cells);
  const pads = isPadded(source) && (isTransposed ? isEven(source) : padsItself(source));
  const ownStride = isPool ? String(stride) !== String(numbersOf(axes, 'kernel')) : !areAll(stride, 1);
  return args(
    ownStride && `stride=${tuple(stride)}`,
    pads && `padding=${tuple(before)}`,
    pads && !isPool && !isTransposed && settings.mode !== 'zeros' && `padding_mode='${settings.mode}'`,
    isTransposed && !areAll(extra, 0) && `output_padding=${tuple(extra)}`,
    settings.op !== 'avg' && !areAll(dilation, 1) && `dilation=${tuple(dilation)}`,
    !isPool && groups > 1 && `groups=${groups}`,
    !isPool && !settings.bias && 'bias=False',
    isPool && settings.ceil && 'ceil_mode=True',
    settings.op === 'avg' && !settings.counted && 'count_include_pad=False',
  );
}

/** A transposed layer cuts the same off both ends; what differs is cut afterwards. */
function cutLine(source: Source): string | false {
  if (!source.isTransposed || !isPadded(source) || isEven(source)) return false;
  const cuts = source.pads.map(([before, after]) => `${before}:${after > 0 ? -after : ''}`);
  return `y = y[:, :, ${cuts.join(', ')}]`;
}

function noteOf({ settings, axes, isTransposed }: Source): string | false {
  if (isTransposed && settings.mode !== 'zeros')
    return '# PyTorch’s transposed layers have no padding mode but zeros.';
  if (settings.op === 'avg' && !areAll(numbersOf(axes, 'dilation'), 1))
    return '# PyTorch’s average pooling has no dilation.';
  return false;
}

const classes = { conv: 'Conv', transposed: 'ConvTranspose', max: 'MaxPool', avg: 'AvgPool' };

export function pytorchCode(source: Source): string {
  const { settings, rank, facts, axes, isPool } = source;
  const pad = padLine(source);
  const cut = cutLine(source);
  const options = optionsOf(source);
  const channels = `${facts.inputShape[1]}, ${facts.outputShape[1]}`;
  const given = args(!isPool && channels, tuple(numbersOf(axes, 'kernel')), options !== '' && options);
  const shape = `# [${facts.outputShape.join(', ')}]`;
  return lines(
    pad !== false && pad.includes('np.') && 'import numpy as np',
    'import torch',
    pad !== false && pad.includes('F.') && 'import torch.nn.functional as F',
    'from torch import nn',
    '',
    noteOf(source),
    `layer = nn.${classes[settings.op]}${rank}d(${given})`,
    `x = torch.randn(${facts.inputShape.join(', ')})`,
    pad,
    `y = layer(x)${cut === false ? `  ${shape}` : ''}`,
    cut !== false && `${cut}  ${shape}`,
  );
}

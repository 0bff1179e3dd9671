// The layer in this library.

import { areAll, args, isPadded, lines, list, numbersOf, type Source } from './source.ts';

function paddingOf(source: Source): string | false {
  const { settings, pads } = source;
  if (typeof settings.pad === 'string') return settings.pad !== 'valid' && `padding: '${settings.pad}'`;
  if (!isPadded(source)) return false;
  if (pads.every(([before, after]) => before === after))
    return `padding: ${list(pads.map(([before]) => before))}`;
  return `padding: [${pads.map(([before, after]) => `[${before}, ${after}]`).join(', ')}]`;
}

function optionsOf(source: Source): string {
  const { settings, axes, groups, isPool, isTransposed } = source;
  const [kernel, stride, dilation] = [
    numbersOf(axes, 'kernel'),
    numbersOf(axes, 'stride'),
    numbersOf(axes, 'dilation'),
  ];
  const usual = isPool ? String(stride) === String(kernel) : areAll(stride, 1);
  const parts = args(
    !usual && `stride: ${list(stride)}`,
    paddingOf(source),
    !isPool && settings.mode !== 'zeros' && `paddingMode: '${settings.mode}'`,
    !areAll(dilation, 1) && `dilation: ${list(dilation)}`,
    isTransposed &&
      typeof settings.pad !== 'string' &&
      !areAll(source.extra, 0) &&
      `outputPadding: ${list(source.extra)}`,
    groups > 1 && !isPool && `groups: ${groups}`,
    !isPool && !settings.bias && 'bias: false',
    isPool && settings.ceil && 'ceilMode: true',
    settings.op === 'avg' && !settings.counted && 'countIncludePad: false',
  );
  return parts === '' ? '' : `{ ${parts} }`;
}

const classes = { conv: 'Conv', transposed: 'ConvTranspose', max: 'MaxPool', avg: 'AvgPool' };

export function neocogCode(source: Source): string {
  const { settings, rank, facts, axes, isPool } = source;
  const [inputs, outputs] = [facts.inputShape[1]!, facts.outputShape[1]!];
  const name = `nn.${classes[settings.op]}${rank}d`;
  const options = optionsOf(source);
  const given = args(
    !isPool && `${inputs}, ${outputs}`,
    list(numbersOf(axes, 'kernel')),
    options !== '' && options,
  );
  return lines(
    `import { nn, randn } from 'neocog';`,
    '',
    `const layer = new ${name}(${given});`,
    `const y = layer.forward(randn([${facts.inputShape.join(', ')}])); // [${facts.outputShape.join(', ')}]`,
  );
}

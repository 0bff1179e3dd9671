// MobileNetV2 (Sandler, Howard, Zhu, Zhmoginov and Chen, "MobileNetV2: inverted residuals and linear bottlenecks",
// 2018): blocks widen by a 1×1 convolution, filter each channel, and narrow again without an activation.
// Keys and first weights are torchvision's.

import { Dropout, Flatten, GlobalAvgPool, Linear, type Module, ReLU6, Sequential } from '../nn/index.ts';
import { convNorm, convNormLayers, Skip, scaleChannels } from './blocks.ts';
import { gaussian, heOutputs, startWith } from './initialise.ts';
import type { MobileNetOptions } from './mobilenetV1.ts';
import { factor, withDefaults } from './options.ts';

/** The paper's table 2: expansion, output channels, repetitions, and stride of the first. */
const table = [
  { expansion: 1, channels: 16, repeats: 1, stride: 1 },
  { expansion: 6, channels: 24, repeats: 2, stride: 2 },
  { expansion: 6, channels: 32, repeats: 3, stride: 2 },
  { expansion: 6, channels: 64, repeats: 4, stride: 2 },
  { expansion: 6, channels: 96, repeats: 3, stride: 1 },
  { expansion: 6, channels: 160, repeats: 3, stride: 2 },
  { expansion: 6, channels: 320, repeats: 1, stride: 1 },
];

function invertedResidual(
  inChannels: number,
  outChannels: number,
  { expansion, stride }: Record<'expansion' | 'stride', number>,
): Module {
  const inner = inChannels * expansion;
  const conv = new Sequential(
    ...(expansion === 1 ? [] : [convNorm(inChannels, inner, 1, { activation: new ReLU6() })]),
    convNorm(inner, inner, 3, { stride, groups: inner, activation: new ReLU6() }),
    ...convNormLayers(inner, outChannels, 1),
  );
  return stride === 1 && inChannels === outChannels ? new Skip({ conv }) : new Sequential({ conv });
}

/** The blocks of the table one after another. */
function blocks(inChannels: number, width: number): Module[] {
  let from = inChannels;
  return table.flatMap(({ expansion, channels, repeats, stride }) =>
    Array.from({ length: repeats }, (_, i) => {
      const to = scaleChannels(channels, width);
      const block = invertedResidual(from, to, { expansion, stride: i === 0 ? stride : 1 });
      from = to;
      return block;
    }),
  );
}

/** Logits `[n, classes]` of images `[n, 3, h, w]`; 3,504,872 parameters. */
export function mobilenetV2(options: MobileNetOptions = {}): Module {
  const defaults = { classes: 1000, inChannels: 3, width: 1, dropout: 0.2 };
  const { classes, inChannels, width, dropout } = withDefaults('mobilenetV2', options, defaults, {
    width: factor,
  });
  const first = scaleChannels(32, width);
  const last = scaleChannels(1280, Math.max(1, width));
  const build = (): Module =>
    new Sequential({
      features: new Sequential(
        convNorm(inChannels, first, 3, { stride: 2, activation: new ReLU6() }),
        ...blocks(first, width),
        convNorm(scaleChannels(320, width), last, 1, { activation: new ReLU6() }),
      ),
      avgpool: new GlobalAvgPool(),
      flatten: new Flatten(),
      classifier: new Sequential(new Dropout(dropout), new Linear(last, classes)),
    });
  return startWith({ convolutions: heOutputs, linear: gaussian(0.01) }, build);
}

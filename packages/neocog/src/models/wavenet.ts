// WaveNet (van den Oord et al., "WaveNet: a generative model for raw audio", 2016): causal convolutions whose dilation
// doubles from layer to layer, gated as tanh · sigmoid, with a residual and a skip connection each. The paper gives
// no channel counts; those here are this library's choice.

import { instance, whole } from '../arguments/field.ts';
import { Conv1d, Module, ReLU, Sequential } from '../nn/index.ts';
import { namedParts } from '../nn/parts.ts';
import { add, mul, sigmoid, tanh } from '../ops/index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { withDefaults } from './options.ts';

/** Samples, layers and channels of `wavenet`. */
export interface WaveNetOptions {
  /** Channels of the input: 256 where each sample is a one-hot column (default), 1 for plain amplitudes. */
  inChannels?: number | undefined;
  /** Values that a sample can take. Default 256, μ-law. */
  classes?: number | undefined;
  /** Channels between the layers. Default 32. */
  width?: number | undefined;
  /** Channels of the skip connections. Default 256. */
  skipWidth?: number | undefined;
  /** Layers of a stack, with dilations 1, 2, 4, … Default 10. */
  layers?: number | undefined;
  /** Stacks. Default 3. */
  stacks?: number | undefined;
}

/** Channels between the layers, and of the skip connections. */
type Widths = Readonly<Record<'width' | 'skipWidth', number>>;

/** tanh(filter(x)) · sigmoid(gate(x)), and what it adds to the next layer's input and to the output. */
class GatedLayer extends Module {
  readonly filter: Conv1d;
  readonly gate: Conv1d;
  /** None in the last layer, which has no next. */
  readonly residual: Conv1d | null;
  readonly skip: Conv1d;

  constructor({ width, skipWidth }: Widths, dilation: number, last: boolean) {
    super();
    this.filter = new Conv1d(width, width, 2, { dilation, padding: 'causal' });
    this.gate = new Conv1d(width, width, 2, { dilation, padding: 'causal' });
    this.residual = last ? null : new Conv1d(width, width, 1);
    this.skip = new Conv1d(width, skipWidth, 1);
  }

  forward(x: Tensor): Tensor {
    return mul(tanh(this.filter.forward(x)), sigmoid(this.gate.forward(x)));
  }
}

const gatedLayer = instance('a layer of WaveNet', GatedLayer);

/** Gated layers one after another; the result is the sum of their skip connections. */
class Stacks extends Module {
  readonly #layers: Map<string, GatedLayer>;

  constructor(layers: readonly GatedLayer[]) {
    super();
    this.#layers = namedParts(this, { parts: layers, taken: gatedLayer });
  }

  override children(): [name: string, child: Module][] {
    return [...this.#layers];
  }

  forward(x: Tensor): Tensor {
    let value = x;
    const skips = [...this.#layers.values()].map((layer) => {
      const gated = layer.forward(value);
      if (layer.residual) value = add(value, layer.residual.forward(gated));
      return layer.skip.forward(gated);
    });
    return skips.reduce(add);
  }
}

/**
 * Logits `[n, classes, t]` of the sample that follows each of the samples `[n, inChannels, t]`. No output sees a later
 * sample; each sees stacks · (2^layers − 1) + 2 samples, 3,071 by default, and 556,864 parameters decide.
 */
export function wavenet(options: WaveNetOptions = {}): Module {
  const defaults = { inChannels: 256, classes: 256, width: 32, skipWidth: 256, layers: 10, stacks: 3 };
  const { inChannels, classes, width, skipWidth, layers, stacks } = withDefaults(
    'wavenet',
    options,
    defaults,
    { layers: whole(1, 30), stacks: whole(1, 1000) },
  );
  const depth = layers * stacks;
  const gated = Array.from(
    { length: depth },
    (_, i) => new GatedLayer({ width, skipWidth }, 2 ** (i % layers), i === depth - 1),
  );
  return new Sequential({
    causal: new Conv1d(inChannels, width, 2, { padding: 'causal' }),
    layers: new Stacks(gated),
    relu1: new ReLU(),
    conv1: new Conv1d(skipWidth, skipWidth, 1),
    relu2: new ReLU(),
    conv2: new Conv1d(skipWidth, classes, 1),
  });
}

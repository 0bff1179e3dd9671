// Layers whose weights are whole numbers from −127 to 127 with a scale for each output channel. Most multiply whole numbers too: what comes
// in becomes bytes with a scale and a zero point, and sums are exact. As Jacob et al., "Quantization and Training of Neural Networks for Efficient
// Integer-Arithmetic-Only Inference" (2018); between layers, values are floats.

import type { Expr } from '../expression/expression.ts';
import * as e from '../expression/expression.ts';
import { conv1d, conv2d, conv3d, readWeight } from '../ops/conv.ts';
import { fuse } from '../ops/fuse.ts';
import { frame } from '../ops/layout.ts';
import { reshape } from '../ops/reshape.ts';
import { convWhole, linearWhole, mostSumOf, paysOff } from '../ops/whole.ts';
import { sizeOf } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { Conv1d, Conv2d, Conv3d } from './conv.ts';
import { describeOptions } from './describe.ts';
import type { Linear } from './layers.ts';
import { Module } from './module.ts';

/** The values that were seen. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

const mostByte = 255;
const mostWeight = 127;

/** Bytes for a range of values: x is about `scale · (byte − zero)`, and 0 is a byte. */
export interface ByteScale {
  readonly scale: number;
  readonly zero: number;
}

function byteScale({ low, high }: Range): ByteScale {
  const [least, most] = [Math.min(low, 0), Math.max(high, 0)];
  const scale = Math.fround((most - least) / mostByte);
  return scale > 0 ? { scale, zero: Math.round(-least / scale) } : { scale: 1, zero: 0 };
}

/** From a value to its byte, less the zero point. Products take a fraction of the time of quotients. */
const bytesFormula = ({ scale, zero }: ByteScale): Expr =>
  e.min(e.max(e.round(e.mul(e.input(0), Math.fround(1 / scale))), -zero), mostByte - zero);

const inWords = (bytes: ByteScale | null): string =>
  bytes ? `input ${bytes.scale.toPrecision(3)} · (byte − ${bytes.zero})` : 'input of floats';

/** Weights `[out, …]` as whole numbers, and what each output channel's are times. */
function wholeWeights({ data, shape }: Tensor): { weight: Tensor; scale: Float32Array } {
  const each = sizeOf(shape.slice(1));
  const scale = new Float32Array(shape[0]);
  const wholes = Float32Array.from(data);
  for (let channel = 0; channel < shape[0]; channel++) {
    const own = wholes.subarray(channel * each, (channel + 1) * each);
    const most = own.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    scale[channel] = most > 0 ? most / mostWeight : 1;
    own.forEach((w, i) => {
      own[i] = Math.max(-mostWeight, Math.min(mostWeight, Math.round(w / scale[channel])));
    });
  }
  return { weight: new Tensor(wholes, shape), scale };
}

/** What the quantised forms of layers have in common. */
abstract class Quantized extends Module {
  /** Whole numbers from −127 to 127, in the order of PyTorch's weights. */
  readonly weight: Tensor;
  /** `[out]`: what the weights of each output channel are times. */
  readonly weightScale: Tensor;
  /** `[out]`, added to the output; null for none. */
  readonly bias: Tensor | null;
  /** What a byte of the input stands for; null where floats are multiplied. */
  readonly bytes: ByteScale | null;
  protected readonly most: number;
  readonly #outputScale: Tensor;

  protected constructor(weight: Tensor, bias: Tensor | null, range: Range | null) {
    super();
    const whole = wholeWeights(weight);
    this.weight = whole.weight;
    this.weightScale = new Tensor(whole.scale, [weight.shape[0]]);
    this.bias = bias && new Tensor(Float32Array.from(bias.data), bias.shape);
    this.bytes = range && byteScale(range);
    this.most = mostSumOf(whole.weight, mostByte);
    const step = this.bytes?.scale ?? 1;
    this.#outputScale = new Tensor(
      whole.scale.map((s) => s * step),
      [weight.shape[0]],
    );
  }

  /** Bytes less their zero point; null where floats are multiplied. */
  protected toBytes(x: Tensor): Tensor | null {
    return this.bytes && fuse('quantize', bytesFormula(this.bytes), [x]);
  }

  /** Outputs of sums; `perChannel` brings a value for each channel into their shape. */
  protected finish(sums: Tensor, perChannel: (t: Tensor) => Tensor): Tensor {
    const scale = perChannel(this.#outputScale);
    const scaled = e.mul(e.input(0), e.input(1));
    if (!this.bias) return fuse('dequantize', scaled, [sums, scale]);
    return fuse('dequantize', e.add(scaled, e.input(2)), [sums, scale, perChannel(this.bias)]);
  }
}

const convs = { 1: conv1d, 2: conv2d, 3: conv3d };

const rankOf = ({ weight }: { readonly weight: Tensor }) => (weight.rank - 2) as 1 | 2 | 3;

/** A convolution of whole numbers in the place of one of floats. */
export class QuantizedConv extends Quantized {
  readonly #layer: Pick<Conv2d, 'options' | 'activation'>;

  constructor(layer: Conv1d | Conv2d | Conv3d, range: Range) {
    const rank = rankOf(layer);
    const weight = readWeight({ fn: 'quantize', rank }, layer.weight, {
      flipKernel: layer.options.flipKernel,
    });
    super(weight, layer.bias, paysOff(weight.shape, layer.options) ? range : null);
    this.#layer = { options: layer.options, activation: layer.activation };
  }

  forward(x: Tensor): Tensor {
    const { options, activation } = this.#layer;
    const { layout, flipKernel: _, ...window } = options;
    const rank = rankOf(this);
    const { enter, leave } = frame({ fn: 'QuantizedConv', rank }, x, layout);
    const input = enter(x);
    const bytes = this.toBytes(input);
    const sums = bytes
      ? convWhole(bytes, this.weight, { ...window, most: this.most })
      : convs[rank](input, this.weight, window);
    const y = this.finish(sums, (t) => reshape(t, [1, t.size, ...new Array<number>(rank).fill(1)]));
    const result = leave(y);
    return activation ? activation(result) : result;
  }

  override describe(): string {
    return [
      this.weight.shape.join('×'),
      ...describeOptions(this.#layer.options, {}),
      inWords(this.bytes),
    ].join(', ');
  }
}

/** A linear layer of whole numbers in the place of one of floats. */
export class QuantizedLinear extends Quantized {
  constructor(layer: Linear, range: Range) {
    super(layer.weight, layer.bias, range);
  }

  forward(x: Tensor): Tensor {
    const bytes = this.toBytes(x) as Tensor;
    return this.finish(linearWhole(bytes, this.weight, { most: this.most }), (t) => t);
  }

  override describe(): string {
    return `${this.weight.shape[1]} → ${this.weight.shape[0]}, ${inWords(this.bytes)}`;
  }
}

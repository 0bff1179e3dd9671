// Layers that multiply whole numbers: bytes with a scale and a zero point come in, weights are whole numbers from −127 to 127 with a scale
// for each output channel, and sums are exact. As Jacob et al., "Quantization and Training of Neural Networks for Efficient
// Integer-Arithmetic-Only Inference" (2018); between layers, values are floats.

import type { Expr } from '../expression/expression.ts';
import * as e from '../expression/expression.ts';
import { readWeight } from '../ops/conv.ts';
import { fuse } from '../ops/fuse.ts';
import { frame } from '../ops/layout.ts';
import { reshape } from '../ops/reshape.ts';
import { convWhole, linearWhole } from '../ops/whole.ts';
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
interface ByteScale {
  readonly scale: number;
  readonly zero: number;
}

function byteScale({ low, high }: Range): ByteScale {
  const [least, most] = [Math.min(low, 0), Math.max(high, 0)];
  const scale = Math.fround((most - least) / mostByte);
  return scale > 0 ? { scale, zero: Math.round(-least / scale) } : { scale: 1, zero: 0 };
}

/** From a value to its byte, less the zero point. */
const bytesFormula = ({ scale, zero }: ByteScale): Expr =>
  e.min(e.max(e.round(e.div(e.input(0), scale)), -zero), mostByte - zero);

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

/** The largest sum that these weights can make of bytes. */
function mostSum({ data, shape }: Tensor): number {
  const each = sizeOf(shape.slice(1));
  let most = 0;
  for (let first = 0; first < data.length; first += each) {
    let sum = 0;
    for (let i = first; i < first + each; i++) sum += Math.abs(data[i]);
    most = Math.max(most, sum);
  }
  return most * mostByte;
}

/** What the quantised forms of layers have in common. */
abstract class Quantized extends Module {
  /** Whole numbers from −127 to 127, in the order of PyTorch's weights. */
  readonly weight: Tensor;
  /** `[out]`: an output is its sum times this. */
  readonly scale: Tensor;
  /** `[out]`, added to the output; null for none. */
  readonly bias: Tensor | null;
  readonly #bytes: Expr;
  protected readonly most: number;
  protected readonly text: string;

  protected constructor(weight: Tensor, bias: Tensor | null, range: Range) {
    super();
    const bytes = byteScale(range);
    const whole = wholeWeights(weight);
    this.weight = whole.weight;
    this.scale = new Tensor(
      whole.scale.map((s) => s * bytes.scale),
      [weight.shape[0]],
    );
    this.bias = bias && new Tensor(Float32Array.from(bias.data), bias.shape);
    this.most = mostSum(whole.weight);
    this.#bytes = bytesFormula(bytes);
    this.text = `input ${bytes.scale.toPrecision(3)} · (byte − ${bytes.zero})`;
  }

  protected toBytes(x: Tensor): Tensor {
    return fuse('quantize', this.#bytes, [x]);
  }

  /** Outputs of sums; `perChannel` brings a value for each channel into their shape. */
  protected finish(sums: Tensor, perChannel: (t: Tensor) => Tensor): Tensor {
    const scale = perChannel(this.scale);
    const scaled = e.mul(e.input(0), e.input(1));
    if (!this.bias) return fuse('dequantize', scaled, [sums, scale]);
    return fuse('dequantize', e.add(scaled, e.input(2)), [sums, scale, perChannel(this.bias)]);
  }
}

/** A convolution of whole numbers in the place of one of floats. */
export class QuantizedConv extends Quantized {
  readonly #layer: Pick<Conv2d, 'options' | 'activation'>;

  constructor(layer: Conv1d | Conv2d | Conv3d, range: Range) {
    const rank = (layer.weight.rank - 2) as 1 | 2 | 3;
    super(readWeight({ fn: 'quantize', rank }, layer.weight, layer.options), layer.bias, range);
    this.#layer = { options: layer.options, activation: layer.activation };
  }

  forward(x: Tensor): Tensor {
    const { options, activation } = this.#layer;
    const { layout, flipKernel: _, ...window } = options;
    const rank = (this.weight.rank - 2) as 1 | 2 | 3;
    const { enter, leave } = frame({ fn: 'QuantizedConv', rank }, x, layout);
    const sums = convWhole(this.toBytes(enter(x)), this.weight, { ...window, most: this.most });
    const y = leave(this.finish(sums, (t) => reshape(t, [1, t.size, ...new Array<number>(rank).fill(1)])));
    return activation ? activation(y) : y;
  }

  override describe(): string {
    return [this.weight.shape.join('×'), ...describeOptions(this.#layer.options, {}), this.text].join(', ');
  }
}

/** A linear layer of whole numbers in the place of one of floats. */
export class QuantizedLinear extends Quantized {
  constructor(layer: Linear, range: Range) {
    super(layer.weight, layer.bias, range);
  }

  forward(x: Tensor): Tensor {
    return this.finish(linearWhole(this.toBytes(x), this.weight, { most: this.most }), (t) => t);
  }

  override describe(): string {
    return `${this.weight.shape[1]} → ${this.weight.shape[0]}, ${this.text}`;
  }
}

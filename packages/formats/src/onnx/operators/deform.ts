// Deformable convolution: each tap reads the input where an offset says, between cells by bilinear interpolation. What is
// read becomes a matrix, a column per output cell, which the weights multiply. Dai et al., "Deformable Convolutional
// Networks", 2017; Zhu et al. (with a mask), 2019. Two spatial axes.

import { add, expand, indexSelect, matmul, mul, permute, reshape, Tensor } from 'neocog';
import { floatBytes, willMake } from '../../budget.ts';
import { operation, tensors } from '../../graph/operation.ts';
import type { OnnxNode, Operator } from '../node.ts';
import { pairsOf, perAxis } from './conv.ts';
import { linearAxis, readPlaces } from './sample.ts';

interface Plan {
  readonly stride: number[];
  readonly dilation: number[];
  readonly pads: [number, number][];
  readonly groups: number;
  readonly offsetGroups: number;
}

/** Sizes under their letters: batch, channels, and cells of input, output and kernel. */
interface Sizes {
  readonly n: number;
  readonly c: number;
  readonly ih: number;
  readonly iw: number;
  readonly oh: number;
  readonly ow: number;
  readonly kh: number;
  readonly kw: number;
}

export const deformOperators: readonly Operator[] = [
  {
    name: 'DeformConv',
    limits: '2 spatial axes',
    build: (node: OnnxNode) => {
      const plan = {
        stride: perAxis(node, 'strides', 2),
        dilation: perAxis(node, 'dilations', 2),
        pads: pairsOf(node, 2),
        groups: node.int('group', 1),
        offsetGroups: node.int('offset_group', 1),
      };
      const made = operation('DeformConv', (inputs) => deform(plan, tensors(inputs)));
      return node.withWeights(made, [1, 3]);
    },
  },
];

function deform(plan: Plan, [x, w, offset, bias, mask]: readonly (Tensor | undefined)[]): Tensor {
  const [n, c, ih, iw] = x!.shape;
  const [oc, , kh, kw] = w!.shape;
  const [oh, ow] = offset!.shape.slice(2);
  const s: Sizes = { n, c, ih, iw, oh, ow, kh, kw };
  const { groups, offsetGroups } = plan;
  const cells = kh * kw * oh * ow;
  const moved = reshape(offset!, [n * offsetGroups, kh * kw, 2, oh * ow]);
  const along = (axis: 0 | 1): Tensor =>
    add(reshape(cut(moved, axis), [n * offsetGroups, cells]), basePlaces(plan, s, axis));
  const planes = reshape(x!, [n * offsetGroups, c / offsetGroups, ih * iw]);
  const read = readPlaces(planes, [linearAxis(along(0), ih), linearAxis(along(1), iw)]);
  const weighed = mask ? mul(read, reshape(mask, [n * offsetGroups, 1, cells])) : read;
  // [n, groups, channels of a group × taps, output cells]
  const columns = reshape(weighed, [n, groups, (c / groups) * kh * kw, oh * ow]);
  const rows = reshape(w!, [1, groups, oc / groups, (c / groups) * kh * kw]);
  const spread = expand(rows, [n, groups, oc / groups, (c / groups) * kh * kw]);
  const y = reshape(matmul(spread, columns), [n, oc, oh, ow]);
  return bias ? add(y, reshape(bias, [1, bias.size, 1, 1])) : y;
}

/** The rows (0) or columns (1) of the offsets `[n, taps, 2, cells]`. */
const cut = (offsets: Tensor, axis: 0 | 1): Tensor =>
  permute(indexSelect(offsets, [axis], { axis: 2 }), [0, 1, 3, 2]);

/** Where each tap of each output cell lies without offsets: `[1, taps·cells]`, in input cells. */
function basePlaces({ stride, dilation, pads }: Plan, { oh, ow, kh, kw }: Sizes, axis: 0 | 1): Tensor {
  willMake(kh * kw * oh * ow, 'it', floatBytes);
  const places = Float32Array.from({ length: kh * kw * oh * ow }, (_, i) => {
    const [tap, cell] = [Math.floor(i / (oh * ow)), i % (oh * ow)];
    const k = axis === 0 ? Math.floor(tap / kw) : tap % kw;
    const o = axis === 0 ? Math.floor(cell / ow) : cell % ow;
    return o * stride[axis] - pads[axis][0] + k * dilation[axis];
  });
  return new Tensor(places, [1, places.length]);
}

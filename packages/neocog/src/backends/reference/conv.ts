// Convolution, its input gradient and its weight gradient in plain loops: three ways to sum the same terms.
//   T(x, w, y) = Σ x[n, ic, i] · w[oc, ic, k] · y[n, oc, o]
// over all links (o, k, i), where window o reads cell i with tap k.
// Leave out x, w or y, sum over the rest, and the kernel of the one left out appears. Sums are float64,
// rounded once.

import { assert } from '../../errors.ts';
import { inputShape, outputShape, weightShape } from '../../geometry/conv.ts';
import { axisLinks, jointLinks, type Links } from '../../geometry/links.ts';
import type { ConvGeometry } from '../../geometry/types.ts';
import { product } from '../../geometry/window.ts';

/** y[n, oc, o] = bias[oc] + Σ w · x, not rounded yet. */
export function conv(
  g: ConvGeometry,
  x: Float32Array,
  w: Float32Array,
  bias: Float32Array | null,
): Float64Array {
  const y = withBias(outputShape(g), bias);
  const { output, tap, input } = lastLinks(g);
  eachRow(g, { x, w, y }, (ix, iw, iy) => {
    for (let t = 0; t < output.length; t++) y[iy + output[t]] += w[iw + tap[t]] * x[ix + input[t]];
  });
  return y;
}

/** x[n, ic, i] = bias[ic] + Σ w · y, not rounded yet. */
export function convInputGrad(
  g: ConvGeometry,
  y: Float32Array,
  w: Float32Array,
  bias: Float32Array | null,
): Float64Array {
  const x = withBias(inputShape(g), bias);
  const { output, tap, input } = lastLinks(g);
  eachRow(g, { x, w, y }, (ix, iw, iy) => {
    for (let t = 0; t < output.length; t++) x[ix + input[t]] += w[iw + tap[t]] * y[iy + output[t]];
  });
  return x;
}

/** w[oc, ic, k] = Σ x · y */
export function convWeightGrad(g: ConvGeometry, x: Float32Array, y: Float32Array): Float32Array {
  const w = new Float64Array(product(weightShape(g)));
  const { output, tap, input } = lastLinks(g);
  eachRow(g, { x, w, y }, (ix, iw, iy) => {
    for (let t = 0; t < output.length; t++) w[iw + tap[t]] += x[ix + input[t]] * y[iy + output[t]];
  });
  return new Float32Array(w);
}

/** Zeros, or in each plane of `[batch, channels, ...]` its channel's bias. */
function withBias(shape: readonly number[], bias: Float32Array | null): Float64Array {
  const sums = new Float64Array(product(shape));
  const [channels, plane] = [shape[1], product(shape.slice(2))];
  if (bias) {
    assert(bias.length === channels, 'one bias per channel');
    for (let p = 0; p * plane < sums.length; p++) sums.fill(bias[p % channels], p * plane, (p + 1) * plane);
  }
  return sums;
}

const lastLinks = (g: ConvGeometry): Links => axisLinks(g.axes[g.axes.length - 1], g.paddingMode);

/**
 * The links of all axes but the last, as the first cell of the row, in each array, that the last axis runs
 * along.
 */
function rowLinks(g: ConvGeometry): Links {
  const last = g.axes.length - 1;
  return jointLinks(
    g.axes,
    g.axes.map((axis, d) =>
      d < last ? axisLinks(axis, g.paddingMode) : { output: [0], tap: [0], input: [0] },
    ),
  );
}

type Row = (ix: number, iw: number, iy: number) => void;
type Numbers = Float32Array | Float64Array;

/**
 * Visits each image, filter, channel of the filter's group and row link, with the row's place in x, w and y.
 */
function eachRow(g: ConvGeometry, { x, w, y }: Record<'x' | 'w' | 'y', Numbers>, visit: Row): void {
  const [xs, ws, ys] = [inputShape(g), weightShape(g), outputShape(g)];
  const fits = x.length === product(xs) && w.length === product(ws) && y.length === product(ys);
  assert(fits, 'arrays have the lengths that their geometry states');
  const [xPlane, wPlane, yPlane] = [product(xs.slice(2)), product(ws.slice(2)), product(ys.slice(2))];
  const rows = rowLinks(g);
  const [inGroup, outGroup] = [g.inChannels / g.groups, g.outChannels / g.groups];
  for (let n = 0; n < g.batch; n++) {
    for (let oc = 0; oc < g.outChannels; oc++) {
      for (let c = 0; c < inGroup; c++) {
        const ic = Math.floor(oc / outGroup) * inGroup + c;
        const ix = (n * g.inChannels + ic) * xPlane;
        const iw = (oc * inGroup + c) * wPlane;
        const iy = (n * g.outChannels + oc) * yPlane;
        for (let r = 0; r < rows.output.length; r++) {
          visit(ix + rows.input[r], iw + rows.tap[r], iy + rows.output[r]);
        }
      }
    }
  }
}

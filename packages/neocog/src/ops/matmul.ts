// Matrix products, with transposition as flags so that gradients need no copies, and the linear layer made of them.

import { type Fields, needOptions } from '../arguments/options.ts';
import { compute } from '../backends/current.ts';
import type { MatmulShape } from '../backends/workParts.ts';
import { ShapeError } from '../errors.ts';
import { floatsOrNull } from '../tensor/fields.ts';
import { formatShape, type Shape, sameShape, sizeOf } from '../tensor/shape.ts';
import { record, type Tensor } from '../tensor/tensor.ts';
import { add } from './arithmetic.ts';
import { floats, needShape } from './check.ts';
import type { LinearOperation } from './signatures.ts';

/** op(a) · op(b) as the backend knows it; `shape` is that of the result. */
function product(s: MatmulShape, [a, b]: readonly [Tensor, Tensor], shape: Shape): Tensor {
  const data = compute({ op: 'matmul', shape: s }, [a.data, b.data]);
  const { batch, m, k, n, transposeA: ta, transposeB: tb } = s;
  // With C = op(A)·op(B): d op(A) = dC·op(B)ᵀ and d op(B) = op(A)ᵀ·dC; a transposed operand takes the transposed form.
  const dA = (dc: Tensor): Tensor =>
    ta
      ? product({ batch, m: k, k: n, n: m, transposeA: tb, transposeB: true }, [b, dc], a.shape)
      : product({ batch, m, k: n, n: k, transposeA: false, transposeB: !tb }, [dc, b], a.shape);
  const dB = (dc: Tensor): Tensor =>
    tb
      ? product({ batch, m: n, k: m, n: k, transposeA: true, transposeB: ta }, [dc, a], b.shape)
      : product({ batch, m: k, k: m, n, transposeA: !ta, transposeB: false }, [a, dc], b.shape);
  return record(data, shape, { name: 'matmul', inputs: [a, b], rules: [dA, dB] });
}

/**
 * Matrix product of the last two axes: `[…, m, k]` and `[…, k, n]` → `[…, m, n]`; the leading axes are equal.
 *
 * @throws ShapeError if an operand has fewer than 2 axes, or the inner or leading axes differ.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  floats('matmul', 'a', a);
  floats('matmul', 'b', b);
  const lead = a.shape.slice(0, -2);
  const [m, k] = a.shape.slice(-2);
  const [rows, n] = b.shape.slice(-2);
  if (a.rank < 2 || b.rank < 2 || k !== rows || !sameShape(lead, b.shape.slice(0, -2))) {
    throw new ShapeError(
      `matmul: shapes ${formatShape(a.shape)} and ${formatShape(b.shape)} do not multiply; give […, m, k] and […, k, n] with equal leading axes`,
    );
  }
  const sizes = { batch: sizeOf(lead), m, k, n, transposeA: false, transposeB: false };
  return product(sizes, [a, b], [...lead, m, n]);
}

/**
 * x·wᵀ + bias: input `[…, in]`, weight `[out, in]`, bias `[out]` → `[…, out]`.
 *
 * @throws ShapeError if the feature counts differ.
 */
export const linear = multiplyByTransposed as LinearOperation<LinearOptions>;

export interface LinearOptions {
  /** Added to each output feature, `[out]`. Default null, none. */
  bias?: Tensor | null | undefined;
}

const fields: Fields<LinearOptions> = { bias: floatsOrNull };

function multiplyByTransposed(x: Tensor, weight: Tensor, options: LinearOptions = {}): Tensor {
  needOptions('linear', options, fields);
  floats('linear', 'input', x);
  floats('linear', 'weight', weight);
  const [n, k] = weight.shape;
  if (weight.rank !== 2 || x.rank < 1 || x.shape.at(-1) !== k) {
    throw new ShapeError(
      `linear: input ${formatShape(x.shape)} and weight ${formatShape(weight.shape)} do not fit; give […, in] and [out, in]`,
    );
  }
  const lead = x.shape.slice(0, -1);
  const shape = { batch: 1, m: sizeOf(lead), k, n, transposeA: false, transposeB: true };
  const y = product(shape, [x, weight], [...lead, n]);
  if (!options.bias) return y;
  const { bias } = options;
  floats('linear', 'bias', bias);
  needShape('linear', { bias }, { shape: [n], to: `weight ${formatShape(weight.shape)}` });
  return add(y, bias);
}

// A learned vector for each of a number of symbols.

import { count as aCount, need } from '../arguments/field.ts';
import { embedding } from '../ops/index.ts';
import { type DType, type Tensor, zeros } from '../tensor/tensor.ts';
import { drawFirstWeights } from './init/first.ts';
import { normal } from './init/index.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

/** Rows of a table by number: int32 `[…]` → `[…, features]`. Weight `[count, features]`, standard normal at first. */
export class Embedding extends Module {
  /** The table `[count, features]`. */
  readonly weight: Parameter;

  constructor(count: number, features: number) {
    super();
    need('Embedding', 'count', count, aCount);
    need('Embedding', 'features', features, aCount);
    this.weight = new Parameter(zeros([count, features]));
    drawFirstWeights(this.weight, null, (weight) => normal(weight));
  }

  override get inputType(): DType {
    return 'int32';
  }

  forward(indices: Tensor): Tensor {
    return embedding(indices, this.weight);
  }

  override describe(): string {
    return this.weight.shape.join(' × ');
  }
}

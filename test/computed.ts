// Any function as a network, for tests.

import { nn, type Tensor } from '../packages/neocog/src/index.ts';

export class Computed extends nn.Module {
  readonly body: (x: Tensor) => Tensor;

  constructor(body: (x: Tensor) => Tensor) {
    super();
    this.body = body;
  }

  override forward(x: Tensor): Tensor {
    return this.body(x);
  }
}

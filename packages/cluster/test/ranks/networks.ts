// The networks that ranks learn in the tests, and their data, the same on every rank.

import { add, manualSeed, models, nn, randn, silu, type Tensor } from 'neocog';

class Residual extends nn.Module {
  readonly body: nn.Module;
  readonly shortcut: nn.Module | null;

  constructor(from: number, to: number, stride: number) {
    super();
    const conv = (a: number, b: number, kernel: number, by: number) =>
      new nn.Conv2d(a, b, kernel, { stride: by, padding: (kernel - 1) / 2, bias: false });
    this.body = new nn.Sequential(
      conv(from, to, 3, stride),
      new nn.BatchNorm2d(to),
      new nn.SiLU(),
      conv(to, to, 3, 1),
      new nn.BatchNorm2d(to),
    );
    this.shortcut = from === to ? null : new nn.Sequential(conv(from, to, 1, stride), new nn.BatchNorm2d(to));
  }

  forward(x: Tensor): Tensor {
    return silu(add(this.body.forward(x), this.shortcut ? this.shortcut.forward(x) : x));
  }
}

/** He et al. (2016), section 4.2: 6·3 + 2 layers for pictures of 32×32. */
function resnet20(): nn.Module {
  const blocks = [16, 32, 64].flatMap((width, stage) =>
    [0, 1, 2].map((block) => {
      const isFirst = stage > 0 && block === 0;
      return new Residual(isFirst ? width / 2 : width, width, isFirst ? 2 : 1);
    }),
  );
  return new nn.Sequential(
    new nn.Conv2d(3, 16, 3, { padding: 1, bias: false }),
    new nn.BatchNorm2d(16),
    new nn.SiLU(),
    ...blocks,
    new nn.GlobalAvgPool(),
    new nn.Flatten(),
    new nn.Linear(64, 10),
  );
}

export interface Task {
  readonly make: () => nn.Module;
  readonly shape: readonly number[];
  readonly classes: number;
}

export const tasks: Readonly<Record<string, Task>> = {
  lenet: { make: () => models.lenet5(), shape: [1, 28, 28], classes: 10 },
  resnet20: { make: resnet20, shape: [3, 32, 32], classes: 10 },
  resnet18: { make: () => models.resnet18(), shape: [3, 224, 224], classes: 1000 },
};

export function dataOf({ shape, classes }: Task, size: number) {
  manualSeed(5);
  const images = randn([size, ...shape]);
  const labels = { shape: [size], data: Int32Array.from({ length: size }, (_, i) => (i * 7) % classes) };
  return { images, labels };
}

// A page for test/threadsPage.node.test.ts: what the library says where a policy forbids WebAssembly, and what it does
// without. Sends what it found to `/found`.

import {
  compile,
  compileTraining,
  configure,
  conv2d,
  DeviceError,
  features,
  mse,
  nn,
  ones,
  optim,
} from '../packages/neocog/src/index.ts';

export interface PolicyFound {
  /** What each attempt threw, after whether it is a DeviceError. */
  readonly thrown: readonly (readonly [isDeviceError: boolean, message: string])[];
  readonly simd: string;
  /** The first value of a convolution and of a program on the reference backend. */
  readonly values: readonly number[];
}

const net = new nn.Conv2d(1, 1, 2, { bias: false });
net.weight.data.fill(1);
const x = ones([1, 1, 3, 3]);
const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 });

const attempts: (() => unknown)[] = [
  () => conv2d(x, net.weight),
  () => features(),
  () => compile(net, { input: [1, 1, 3, 3] }),
  () => compileTraining(net, { input: [1, 1, 3, 3], loss: mse, optimizer }),
  () => configure({ backend: 'wasm' }),
];

async function explore(): Promise<PolicyFound> {
  const thrown: [boolean, string][] = [];
  for (const attempt of attempts) {
    try {
      await attempt();
    } catch (error) {
      thrown.push([error instanceof DeviceError, String(error)]);
    }
  }
  configure({ backend: 'reference' });
  const program = await compile(net, { input: [1, 1, 3, 3] });
  const values = [conv2d(x, net.weight).data[0], (await program.run(x)).data[0]];
  return { thrown, simd: features().simd, values };
}

explore().then((found) => fetch('/found', { method: 'POST', body: JSON.stringify(found) }));

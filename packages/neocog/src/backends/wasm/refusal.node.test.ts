// What a caller meets where the engine has no more memory: real refusals, of an engine that was started with little.

import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { DeviceError } from '../../errors.ts';
import { wasmBackend } from './backend.ts';

const library = new URL('../../index.ts', import.meta.url).href;

interface Attempt {
  /** What WebAssembly memories may have, in pages of 64 KiB. */
  readonly pages: number;
  /** Over the names of the library. */
  readonly expression: string;
}

/** The errors of expressions, one after the other in one new engine. */
function errorsOf(attempts: readonly Attempt[]): string[] {
  const script = `
    import v8 from 'node:v8';
    const neocog = await import('${library}');
    const told = [];
    for (const { pages, expression } of ${JSON.stringify(attempts)}) {
      v8.setFlagsFromString(\`--wasm-max-mem-pages=\${pages}\`);
      const run = new Function(...Object.keys(neocog), \`return (async () => \${expression})()\`);
      const error = await run(...Object.values(neocog)).then(() => 'none', (error) => error);
      told.push(error instanceof neocog.DeviceError ? error.message : \`not a DeviceError: \${error}\`);
    }
    console.log(JSON.stringify(told));`;
  const args = ['--input-type=module', '--eval', script];
  const stdio: ('ignore' | 'pipe' | 'inherit')[] = ['ignore', 'pipe', 'inherit'];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', stdio })) as string[];
}

const conv = 'new nn.Conv2d(3, 8, 3)';
const input = 'input: [1, 3, 512, 512]';
const attempts: readonly [string, Attempt, RegExp][] = [
  [
    'a first operation',
    { pages: 8, expression: 'sub(zeros([4]), 1)' },
    /^fused: the engine has no memory for what follows from 4 and 1 values \(WebAssembly\.Memory.*\); use a smaller/,
  ],
  [
    'a convolution',
    { pages: 64, expression: 'conv2d(zeros([1, 3, 512, 512]), zeros([8, 3, 3, 3]))' },
    /^conv: .* from 786432 and 216 values \(11 MiB of working memory: RangeError: WebAssembly.*\); use a smaller/,
  ],
  [
    'a map',
    { pages: 64, expression: 'sub(zeros([4000000]), 1)' },
    /^fused: .* from 4000000 and 1 values \(31 MiB of working memory: RangeError: WebAssembly.*\); use a smaller/,
  ],
  ...[1, 2].map((threads): [string, Attempt, RegExp] => [
    `a program of ${threads} threads`,
    { pages: 64, expression: `compile(${conv}, { ${input}, threads: ${threads} })` },
    /^compile: the engine refuses 11\.0 MiB of memory.*\(RangeError: WebAssembly.*\); use a smaller/,
  ]),
  [
    'a training step',
    {
      pages: 64,
      expression: `((net) => compileTraining(net, {
        ${input}, target: { shape: [1, 8, 510, 510], dtype: 'float32' }, loss: mse, optimizer: new optim.SGD(net.parameters(), { lr: 1 }),
      }))(${conv})`,
    },
    /^compileTraining: the engine refuses \d+\.\d MiB of memory.*\(RangeError: WebAssembly.*\); use a smaller/,
  ],
];

describe('an engine without memory refuses', () => {
  let told: string[] = [];
  beforeAll(() => {
    told = errorsOf(attempts.map(([, attempt]) => attempt));
  });

  it.each(attempts.map(([name, , message], i) => [name, message, i] as const))('%s', (_, message, i) => {
    expect(told[i]).toMatch(message);
  });

  it('a result on the JavaScript heap', () => {
    const view = { shape: [2 ** 50], strides: [0], offset: 0 };
    const copy = () => wasmBackend.run({ op: 'copy', view }, [new Float32Array(1)]);
    expect(copy).toThrow(DeviceError);
    expect(copy).toThrow(
      /^copy: the engine has no memory for what follows from 1 values \(.*\); use a smaller/,
    );
  });
});

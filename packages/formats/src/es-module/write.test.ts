// Written modules run here, in Node and in Chromium; bundlers, other Nodes and pages are tried in test/build.node.test.ts.

import {
  add,
  cast,
  compile,
  manualSeed,
  models,
  mul,
  nn,
  type PackedProgram,
  pack,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  UnsupportedError,
} from 'neocog';
import { beforeAll, describe, expect, it } from 'vitest';
import type { EsModuleOptions } from './options.ts';
import { esModule, type OutputFile } from './write.ts';

interface Built {
  readonly inputs: readonly { name: string; shape: number[]; size: number }[];
  readonly outputs: readonly { name: string; shape: number[]; size: number }[];
  load(
    progress?: (share: number) => void,
    options?: { weights?: string },
  ): Promise<{ simd: string; bytes: number }>;
  run(input: unknown): Promise<Float32Array & Record<string, Float32Array>>;
}

type Files = Map<string, string>;

/** All of them texts, since no file is beside a module of a data URL. */
const textsOf = (program: PackedProgram, options?: EsModuleOptions): Files =>
  new Map(
    [...esModule(program, { ...options, embed: true })].map(({ name, data }) => [name, data as string]),
  );

const filesOf = (net: nn.Module, input: number[], options?: EsModuleOptions): Files =>
  textsOf(pack(net, { input }), options);

const dataUrl = (text: string): string => `data:text/javascript;charset=utf-8,${encodeURIComponent(text)}`;

/** index.js with the addresses of what it imports filled in. */
async function load(files: ReadonlyMap<string, string>): Promise<Built> {
  const index = files.get('index.js') as string;
  const text = index.replace(
    /from '\.\/([^']+)'/g,
    (_, name) => `from "${dataUrl(files.get(name) as string)}"`,
  );
  return import(/* @vite-ignore */ dataUrl(text));
}

async function runCompiled(net: nn.Module, x: Tensor): Promise<Float32Array> {
  const program = await compile(net, { input: x.shape, threads: 1 });
  const { data } = await program.run(x);
  program.dispose();
  return data as Float32Array;
}

beforeAll(() => manualSeed(1));

const nets: Record<string, () => [nn.Module, number[]]> = {
  'LeNet-5': () => [models.lenet5(), [1, 1, 28, 28]],
  'ResNet-18, Winograd and residuals': () => [models.resnet18({ classes: 10, width: 16 }), [1, 3, 40, 40]],
  'MobileNetV2, depthwise': () => [models.mobilenetV2({ classes: 10, width: 0.35 }), [2, 3, 32, 32]],
  'one-dimensional': () => [models.textCnn({ classes: 3 }), [1, 300, 20]],
  transposed: () => [
    new nn.Sequential(new nn.ConvTranspose2d(5, 3, 4, { stride: 2, padding: 1 }), new nn.Tanh()),
    [1, 5, 7, 9],
  ],
  'another order, with tables': () => [
    new nn.Sequential(
      new nn.Conv2d(2, 6, 3, { paddingMode: 'reflect', padding: 1 }),
      new nn.AdaptiveAvgPool2d([3, 2]),
      new nn.Flatten(),
    ),
    [1, 2, 11, 7],
  ],
  'no weights': () => [new nn.ReLU(), [3, 4]],
};

/** Their strided layers run directly in a file, and by Winograd's algorithm in a program. */
const rounded = new Set(['ResNet-18, Winograd and residuals']);

function expectClose(got: ArrayLike<number>, want: Float32Array): void {
  const largest = want.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  want.forEach((v, i) => expect(Math.abs(got[i] - v)).toBeLessThan(1e-5 * largest));
}

describe.each(Object.entries(nets))('%s', (name, make) => {
  const how = rounded.has(name) ? 'but for rounding' : 'bit for bit';
  it(`gives what its compiled program gives, ${how}, run by run`, async () => {
    const [net, input] = make();
    net.eval();
    const built = await load(filesOf(net, input));
    for (let i = 0; i < 2; i++) {
      const x = randn(input);
      const y = await runCompiled(net, x);
      const alone = await built.run(x.data);
      if (rounded.has(name)) expectClose(alone as Float32Array, y);
      else expect(alone).toEqual(y);
      expect(await built.run({ input: x.data })).toEqual({ output: alone });
    }
  });
});

/** Two inputs of different types, three outputs of which one is an input and two are the same. */
class TwoInputs extends nn.NamedModule {
  readonly inputs = [
    { name: 'x', shape: [2, 3], dtype: 'float32' },
    { name: 'how many', shape: [3], dtype: 'int32' },
  ] as const;
  readonly outputs = ['sum', 'same', 'how many'].map((name) => ({
    name,
    shape: [2, 3],
    dtype: 'float32' as const,
  }));

  run({ x, 'how many': n }: nn.NamedTensors): Record<string, Tensor> {
    const sum = add(mul(x, 2), cast(n, 'float32'));
    return { sum, same: sum, 'how many': n };
  }
}

describe('a written module', () => {
  it('takes and gives values by name, of both types', async () => {
    const files = textsOf(pack(new TwoInputs()));
    const built = await load(files);
    const given = { x: Float32Array.of(1, 2, 3, 4, 5, 6), 'how many': Int32Array.of(10, -20, 2 ** 30) };
    const sum = Float32Array.of(12, -16, 2 ** 30 + 6, 18, -10, 2 ** 30 + 12);
    expect(await built.run(given)).toEqual({ sum, same: sum, 'how many': given['how many'] });
    const program = await compile(new TwoInputs());
    const tensors = {
      x: tensor(given.x, [2, 3]),
      'how many': tensor(given['how many'], [3], { dtype: 'int32' }),
    };
    expect((await program.run(tensors)).sum.data).toEqual(sum);
    await expect(built.run({ ...given, 'how many': Float32Array.of(1, 2, 3) })).rejects.toThrow(
      "run: input 'how many' is Float32Array of 3 values, needed is Int32Array of 3 values, shape [3]",
    );
    await expect(built.run(given.x)).rejects.toThrow('run: ');
  });

  it('names inputs and outputs, and says what it has loaded', async () => {
    const built = await load(filesOf(models.lenet5(), [1, 1, 28, 28]));
    expect(built.inputs).toEqual([{ name: 'input', shape: [1, 1, 28, 28], dtype: 'float32', size: 784 }]);
    expect(built.outputs).toEqual([{ name: 'output', shape: [1, 10], dtype: 'float32', size: 10 }]);
    const { simd, bytes } = await built.load();
    expect(['fma', 'mul+add']).toContain(simd);
    expect(bytes % 65536).toBe(0);
  });

  it('refuses inputs that it is not made for', async () => {
    const built = await load(filesOf(new nn.ReLU(), [2, 3]));
    const refusal = (input: unknown) => expect(built.run(input)).rejects;
    await refusal(new Float32Array(5)).toThrow(
      "run: input 'input' is Float32Array of 5 values, needed is Float32Array of 6 values, shape [2,3]",
    );
    await refusal(new Float64Array(6)).toThrow(/is Float64Array of 6 values/);
    await refusal([1, 2, 3]).toThrow(/is Array of 3 values/);
    await refusal({ x: new Float32Array(6) }).toThrow("run: there is no input 'x', only input; leave it out");
    await refusal({}).toThrow("run: input 'input' is missing");
    await refusal(undefined).toThrow(TypeError);
    expect(await built.run(new Float32Array(6).fill(-1))).toEqual(new Float32Array(6));
  });

  it('keeps names from a file apart from code', () => {
    const name = "*/ alert('x') /*\u2028\n<script>";
    const files = filesOf(new nn.ReLU(), [2], { name });
    expect(files.get('index.js')?.split('\n')[0]).toBe(
      "// * / alert('x') /* <script>: a network with its kernels and weights. Written by neocog build.",
    );
    expect(files.get('index.html')).toContain('<h1>*/ alert(&#39;x&#39;) /*\u2028\n&lt;script&gt;</h1>');
    expect(JSON.parse(files.get('package.json') as string).name).toBe('alert-x-script');
  });

  it.each([1, 2, 3])('has %i weights as base64 that everybody reads', (count) => {
    const layer = new nn.Linear(count, 1, { bias: false });
    const text = filesOf(layer, [1, count]).get('weights-0.js') as string;
    const [, base64 = ''] = /^export default '(.*)';\n$/.exec(text) ?? [];
    const bytes = Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));
    expect(new Float32Array(bytes.buffer)).toEqual(layer.weight.data);
    expect(btoa(atob(base64))).toBe(base64);
  });

  it('has its weights in parts that fit together', async () => {
    const net = new nn.Sequential(new nn.Linear(1000, 900), new nn.ReLU(), new nn.Linear(900, 1000));
    const files = filesOf(net, [1, 1000]);
    expect([...files.keys()].filter((name) => name.startsWith('weights'))).toHaveLength(3);
    const x = randn([1, 1000]);
    expect(await (await load(files)).run(x.data)).toEqual(await runCompiled(net, x));
  });
});

/** As a file of bytes: those of all pieces, one after the other. */
function weightFileOf(program: PackedProgram, options: EsModuleOptions = {}): number[] {
  const file = [...esModule(program, options)].find(({ name }) => name === 'weights.bin');
  return Array.from((file as OutputFile).data as Iterable<Uint8Array>, (piece) => [...piece]).flat();
}

const bytesUrl = (bytes: readonly number[]): string =>
  `data:application/octet-stream;base64,${btoa(String.fromCharCode(...bytes))}`;

describe('weights in a file', () => {
  // 3 weights of 1 byte and a scale, and a bias of 4: the bytes of a constant need not fill words.
  const layer = (): nn.Module => new nn.Linear(3, 1);
  const input = [1, 3];
  const x = Float32Array.of(1, -2, 3);

  /** The module, and what loads it from other bytes than those of its file. */
  async function fileBuilt(options: EsModuleOptions = {}): Promise<[Built, number[]]> {
    const program = pack(layer(), { input });
    const files = new Map([...esModule(program, options)].map(({ name, data }) => [name, String(data)]));
    return [await load(files), weightFileOf(program, options)];
  }

  it.each(['float32', 'float16', 'int8'] as const)(
    'of %s are those that the module holds itself',
    async (weights) => {
      const program = pack(layer(), { input });
      const embedded = await load(textsOf(program, { weights }));
      const files = new Map(
        [...esModule(program, { weights })].map(({ name, data }) => [name, String(data)]),
      );
      const built = await load(files);
      await built.load(undefined, { weights: bytesUrl(weightFileOf(program, { weights })) });
      expect(await built.run(x)).toEqual(await embedded.run(x));
    },
  );

  it.each<[string, (bytes: number[]) => number[], RegExp]>([
    ['too few', (bytes) => bytes.slice(0, -1), /they end too early/],
    ['none', () => [], /they end too early/],
    ['one bit other', ([first, ...rest]) => [first ^ 1, ...rest], /they are those of another network/],
    ['another last one', (bytes) => bytes.with(-1, (bytes.at(-1) as number) ^ 64), /another network/],
  ])('are refused where there are %s, and asked for again', async (_, change, reason) => {
    const [built, bytes] = await fileBuilt({ weights: 'int8' });
    const refused = expect(built.load(undefined, { weights: bytesUrl(change(bytes)) })).rejects;
    await refused.toThrow(/^load: the weights cannot be read: /);
    await expect(built.load(undefined, { weights: bytesUrl(change(bytes)) })).rejects.toThrow(reason);
    await built.load(undefined, { weights: bytesUrl(bytes) });
    expect(await built.run(x)).toHaveLength(1);
  });

  it('that nobody finds are asked for in a sentence', async () => {
    const [built] = await fileBuilt();
    await expect(built.run(x)).rejects.toThrow(
      /keep weights\.bin of the same build beside the module, or say where/,
    );
  });

  it('are the pieces in order, each made when it is asked for, any number of times', () => {
    const net = new nn.Linear(3, 2, { bias: false });
    const file = [...esModule(pack(net, { input }))][0];
    expect(file.name).toBe('weights.bin');
    for (const _ of [1, 2]) {
      const [bytes] = file.data as Iterable<Uint8Array>;
      expect(new Float32Array(bytes.slice().buffer)).toEqual(net.weight.data);
    }
  });
});

describe('smaller weights', () => {
  const distance = (a: Float32Array, b: Float32Array): number =>
    Math.sqrt(
      a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) /
        b.reduce((sum, value) => sum + value ** 2, 0),
    );

  it.each([
    ['float16', 2, 1e-3],
    ['int8', 3.8, 3e-2],
  ] as const)('%s take %d times less, at a small price', async (weights, times, price) => {
    const net = models.lenet5();
    const x = randn([1, 1, 28, 28]);
    const sizeOf = (files: ReadonlyMap<string, string>) => (files.get('weights-0.js') as string).length;
    const files = filesOf(net, [1, 1, 28, 28], { weights });
    expect(sizeOf(filesOf(net, [1, 1, 28, 28])) / sizeOf(files)).toBeGreaterThan(0.98 * times);
    const change = distance(await (await load(files)).run(x.data), await runCompiled(net, x));
    expect(change).toBeLessThan(price);
    expect(change).toBeGreaterThan(price / 100);
  });

  it('refuses other storage', () => {
    expect(() => [...esModule(pack(new nn.ReLU(), { input: [1] }), { weights: 'int4' as 'int8' })]).toThrow(
      UnsupportedError,
    );
    expect(() => pack(new nn.ReLU(), { input: [0.5] })).toThrow(ShapeError);
  });
});

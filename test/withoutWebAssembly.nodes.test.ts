// Engines without WebAssembly, or without its SIMD: the library loads, and computes on the reference backend.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'neocog-without-'));
const file = join(folder, 'neocog.mjs');
const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

beforeAll(async () => {
  const contents = `export * from ${JSON.stringify(pathOf('../packages/neocog/src/index.ts'))};`;
  const stdin = { contents, resolveDir: folder, loader: 'ts' as const };
  await build({ stdin, outfile: file, bundle: true, format: 'esm', platform: 'node' });
});
afterAll(() => rmSync(folder, { recursive: true }));

const explore = `
const { compile, compileTraining, configure, features, mse, nn, ones, optim, conv2d, pack, explainPlan, withBackend } =
  await import(${JSON.stringify(file)});
const net = new nn.Conv2d(1, 1, 2, { bias: false });
net.weight.data.fill(1);
const x = ones([1, 1, 3, 3]);
const program = await compile(net, { input: x.shape, threads: 2 });
const optimizer = new optim.SGD(net.parameters(), { lr: 0.5 });
const values = [conv2d(x, net.weight).data[0], (await program.run(x)).data[3]];
const trainer = await compileTraining(net, { input: x.shape, loss: mse, optimizer });
const { loss } = await trainer.step(x, ones([1, 1, 2, 2]));
trainer.sync();
const thrown = [
  () => configure({ backend: 'wasm' }),
  () => withBackend('wasm', () => 0),
  () => configure({ wideSimd: 'on' }),
  () => pack(net, { input: x.shape }),
].map((attempt) => {
  try {
    return attempt();
  } catch (error) {
    return String(error);
  }
});
configure({ wideSimd: 'auto' });
configure({ wideSimd: 'off', backend: 'reference', threads: 2 });
console.log(JSON.stringify({
  features: features(),
  note: program.explain().note,
  values,
  loss,
  weight: net.weight.data[0],
  plan: explainPlan('n1 g1 c1>1 3x3 k2x2 s1 d1 p0').chosen,
  thrown,
}));`;

const ways: [name: string, flags: string[], before: string][] = [
  ['node --jitless', ['--jitless'], ''],
  ['WebAssembly deleted before the import', [], 'delete globalThis.WebAssembly;'],
  ['no SIMD', [], 'WebAssembly.validate = () => false;'],
];

describe.each(ways)('%s', (_name, flags, before) => {
  it('computes on the reference backend, and says so', () => {
    const program = `${before}${explore}`;
    const text = execFileSync(process.execPath, [...flags, '--input-type=module', '-e', program], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const lacks = /^DeviceError: wasm: this engine has no WebAssembly SIMD; use configure/;
    expect(JSON.parse(text)).toEqual({
      features: { backend: 'reference', simd: 'none' },
      note: "one thread: backend 'reference' computes node by node",
      values: [4, 4],
      loss: 9,
      // (w₀ + w₁ + w₂ + w₃ − 1)² has the gradient 2 · 3 by each.
      weight: 1 - 0.5 * 6,
      plan: expect.stringMatching(/^plain loops/),
      thrown: [
        expect.stringMatching(lacks),
        expect.stringMatching(lacks),
        expect.stringMatching(/^DeviceError: configure: wideSimd is 'on', but .* no WebAssembly SIMD/),
        expect.stringMatching(/^UnsupportedError: pack: backend 'reference' makes no code/),
      ],
    });
  });
});

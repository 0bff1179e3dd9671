// What share of the machine's peak the convolution kernel reaches: `npm run bench`. One thread.
//
// The peak is a loop of independent multiply-adds on registers, as many as hide their latency, with no memory at all. The
// kernel is timed on packed data, as a compiled network runs it; the whole eager operation, which also converts
// the layout, stands beside it.

import { availableParallelism, cpus } from 'node:os';
import { address, f32x4, v128 } from '../packages/neocog/dist/backends/wasm/assembler/index.js';
import { compiled } from '../packages/neocog/dist/backends/wasm/eager/compile.js';
import { memory, reserve } from '../packages/neocog/dist/backends/wasm/eager/memory.js';
import { carryOut } from '../packages/neocog/dist/backends/wasm/eager/routine.js';
import {
  engine,
  engineName,
  multiplyAdd,
  overrideEngine,
} from '../packages/neocog/dist/backends/wasm/engine.js';
import { plainEpilogue } from '../packages/neocog/dist/backends/wasm/kernels/epilogue.js';
import { kernelParams } from '../packages/neocog/dist/backends/wasm/kernels/kernel.js';
import { Chooser } from '../packages/neocog/dist/backends/wasm/program/choose.js';
import { convWork } from '../packages/neocog/dist/backends/work.js';
import { inputShape, multiplyAdds, outputShape, weightShape } from '../packages/neocog/dist/geometry/conv.js';
import { parseConv } from '../packages/neocog/dist/geometry/text.js';
import { configure } from '../packages/neocog/dist/index.js';
import { inTurns, warmUp } from './measure.js';

/** @typedef {import('./measure.js').Candidate} Candidate */

const layers = [
  'n1 g1 c64>64 56x56 k3x3 s1 d1 p1',
  'n1 g1 c128>128 28x28 k3x3 s1 d1 p1',
  'n1 g1 c256>256 14x14 k3x3 s1 d1 p1',
  'n1 g1 c64>64 224x224 k3x3 s1 d1 p1',
  'n1 g1 c64>256 56x56 k1x1 s1 d1 p0',
  'n1 g1 c3>64 224x224 k7x7 s2 d1 p3',
];

const turns = 20000;

/** What has been handed out of the backend's memory. Eager operations work in its beginning: what they spoil is no result. */
let top = 64;

/** @param {number} bytes of numbers in ±½ */
function alloc(bytes) {
  const address = top;
  top += Math.ceil(bytes / 64) * 64 + 64;
  reserve(top);
  new Float32Array(memory().buffer, address, Math.ceil(bytes / 4)).forEach((_, i, all) => {
    all[i] = ((i * 7) % 11) / 11 - 0.5;
  });
  return address;
}

/**
 * `lanes × turns` multiply-adds of 4 floats on registers; with `wide` in adjacent pairs that start and end in memory,
 * which is what V8 fuses.
 *
 * @param {number} lanes accumulators
 */
function peakLoop(lanes) {
  const madd = multiplyAdd(engine());
  const operands = ['at'];
  const run = compiled({
    key: `peak ${lanes} ${engineName(engine())}`,
    operands,
    units: 1,
    scratchBytes: 0,
    emit: (scope) =>
      scope.func(kernelParams(operands), (f, { at }) => {
        const sums = Array.from({ length: lanes }, (_, i) => f.local('v128', `sum${i}`));
        const factors = [0, 1].map((i) => f.local('v128', `factor${i}`));
        factors.forEach((factor, i) => f.set(factor, v128.load(address(at, 16 * i))));
        const scale = f.local('v128', 'scale');
        f.set(scale, f32x4.splat(0.5));
        sums.forEach((sum, i) => f.set(sum, v128.load(address(at, 32 + 16 * i))));
        f.repeat(turns, () => {
          sums.forEach((sum, i) => f.set(sum, madd(scale, factors[i % 2], sum)));
        });
        sums.forEach((sum, i) => f.run(v128.store(address(at, 32 + 16 * i), sum)));
      }),
  });
  const at = alloc(1024);
  return { run: () => run(at, 0, 1, 0), flops: turns * lanes * 8 };
}

/** @param {readonly number[]} shape @param {number} channels with whole vectors per pixel, unless they are few */
function bytesOfPixels(shape, channels) {
  const pitch = channels < 4 ? channels : Math.ceil(channels / 4) * 4;
  const cells = shape.reduce((a, b) => a * b, 1) / channels;
  return { pitch, bytes: 4 * cells * pitch };
}

/**
 * The kernels of a layer on packed data in the backend's memory, of the best algorithm with plain sums.
 *
 * @param {string} text
 */
function kernelOf(text) {
  const geometry = parseConv(text);
  const [x, y] = [
    bytesOfPixels(inputShape(geometry), geometry.inChannels),
    bytesOfPixels(outputShape(geometry), geometry.outChannels),
  ];
  const task = {
    geometry,
    kernel: /** @type {const} */ ('conv'),
    xPitch: x.pitch,
    yPitch: y.pitch,
    epilogue: plainEpilogue,
    engine: engine(),
  };
  const { plan } = new Chooser({ exact: true }).choose([{ task, moving: 0 }]);
  const places = new Map([
    ['x', alloc(x.bytes)],
    ['w', alloc(plan.weightBytes)],
    ['y', alloc(y.bytes)],
    .../** @type {[string, number][]} */ (plan.workspaces.map((bytes, i) => [`workspace${i}`, alloc(bytes)])),
  ]);
  const calls = plan.steps.map(({ kernel, operands }) => {
    const call = compiled(kernel);
    const addresses = operands.map((name) => /** @type {number} */ (places.get(name)));
    const args = [...addresses, 0, kernel.units, alloc(kernel.scratchBytes)];
    return () => call(...args);
  });
  return () => {
    for (const call of calls) call();
  };
}

/** @param {string} text */
function eagerOf(text) {
  const g = parseConv(text);
  const fill = (/** @type {number[]} */ shape) =>
    new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.25);
  const [x, w] = [fill(inputShape(g)), fill(weightShape(g))];
  const mode = engine();
  return () => {
    overrideEngine(mode);
    carryOut(convWork('conv', g), [x, w]);
  };
}

/** @typedef {{ label: string, flops: Map<string, number>, candidates: Candidate[] }} Mode */

/** Everything to be timed in one mode of the engine, compiled and warm. @returns {Promise<Mode>} */
async function prepareMode() {
  const label = engineName(engine());
  const flops = new Map();
  /** @type {Candidate[]} */
  const candidates = [];
  const add = (/** @type {string} */ name, /** @type {() => void} */ run, /** @type {number} */ count) => {
    flops.set(`${label}: ${name}`, count);
    candidates.push({ name: `${label}: ${name}`, run });
  };
  for (const lanes of [8, 12]) {
    const { run, flops: count } = peakLoop(lanes);
    add(`peak ${lanes}`, run, count);
  }
  for (const layer of layers) {
    const count = 2 * multiplyAdds(parseConv(layer));
    add(layer, kernelOf(layer), count);
    add(`eager ${layer}`, eagerOf(layer), count);
  }
  for (const candidate of candidates) await warmUp(candidate);
  return { label, flops, candidates };
}

/** The modes this engine has, plainest first: what is compiled before the flag is set stays at 128 bits. */
async function prepareModes() {
  overrideEngine({ fma: false });
  const modes = [await prepareMode()];
  overrideEngine({ fma: true });
  if (engine().fma) modes.push(await prepareMode());
  configure({ wideSimd: 'auto' });
  if (engine().wide) modes.push(await prepareMode());
  return modes;
}

/** @param {number} share */
const percent = (share) => `${(share * 100).toFixed(0)} %`;

const modes = await prepareModes();
const times = inTurns(modes.flatMap((mode) => mode.candidates));

/** @param {Mode} mode @param {string} name GFLOP/s */
const speed = (mode, name) => {
  const key = `${mode.label}: ${name}`;
  return /** @type {number} */ (mode.flops.get(key)) / /** @type {number} */ (times.get(key)) / 1e6;
};
/** @param {Mode} mode */
const peakOf = (mode) => Math.max(speed(mode, 'peak 8'), speed(mode, 'peak 12'));

console.log(
  `${cpus()[0].model.trim()}, ${availableParallelism()} cores, Node ${process.versions.node} (V8 ${process.versions.v8})`,
);
const widest128 = Math.max(...modes.filter((m) => !m.label.startsWith('wide')).map(peakOf));
console.log(`128-bit peak of one thread: ${widest128.toFixed(1)} GFLOP/s\n`);
for (const mode of modes) {
  console.log(`${mode.label}: peak ${peakOf(mode).toFixed(1)} GFLOP/s`);
  for (const layer of layers) {
    const kernel = speed(mode, layer);
    const shares = `${percent(kernel / peakOf(mode))} of its peak, ${percent(kernel / widest128)} of the 128-bit peak`;
    const eager = speed(mode, `eager ${layer}`);
    console.log(
      `  ${layer.padEnd(36)} ${kernel.toFixed(1).padStart(6)} GFLOP/s, ${shares}; eager ${eager.toFixed(1)}`,
    );
  }
}
const wide = modes.find((m) => m.label.startsWith('wide'));
if (wide) {
  const narrow = modes.filter((m) => m !== wide);
  console.log('\nwide SIMD over the better of the 128-bit kernels:');
  for (const layer of layers) {
    const ratio = speed(wide, layer) / Math.max(...narrow.map((m) => speed(m, layer)));
    console.log(`  ${layer.padEnd(36)} ${ratio.toFixed(2)}`);
  }
} else console.log('\nWide SIMD is not to be had on this engine: it needs Node 22 or later.');

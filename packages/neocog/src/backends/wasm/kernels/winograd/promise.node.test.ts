// What docs/programs.md promises of Winograd convolution: a bound of its error in terms of the inputs that a tile sees, how far
// NaN and infinities reach, and which signs may turn. Against float64 sums, over random tiles and those that round worst.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runPlan } from '../../../../../../../test/convPlans.ts';
import { byReference } from '../../../../../../../test/reference.ts';
import { inputShape, outputShape, weightShape } from '../../../../geometry/conv.ts';
import {
  type Filtering,
  filtering,
  lineFiltering,
  squareFiltering,
  type TileSize,
} from '../../../../geometry/filtering.ts';
import { parseConv } from '../../../../geometry/text.ts';
import type { WindowAxis } from '../../../../geometry/types.ts';
import { product } from '../../../../geometry/window.ts';
import { Generator } from '../../../../index.ts';
import { convWork } from '../../../work.ts';
import { engine } from '../../engine.ts';
import type { ConvTask } from '../convPlan.ts';
import { directPlanner } from '../direct/direct.ts';
import { plainEpilogue } from '../epilogue.ts';
import { lineShapes } from './lines.ts';
import { winogradPlanners } from './planners.ts';
import { type WinogradShape, winogradShape } from './shape.ts';
import { each } from './split.ts';
import { cellsOf } from './tileTransform.ts';

const sizes: readonly (readonly [TileSize, number])[] = [
  ['large', 2],
  ['small', 3],
  ['large', 3],
  ['largest', 3],
  ['small', 4],
  ['large', 4],
  ['small', 5],
  ['large', 5],
];

const nameOf = ({ outputs, taps }: Filtering): string => `F(${outputs}, ${taps})`;
const sumOf = (values: readonly number[]): number => values.reduce((sum, v) => sum + Math.abs(v), 0);

/** What the transforms can make of inputs of size 1 and weights whose sizes add up to 1. */
function growth({ output, weight, input }: Filtering): number {
  const through = input.map((row, k) => sumOf(row) * Math.max(...(weight[k] as number[]).map(Math.abs)));
  return Math.max(
    ...output.map((row) => row.reduce((sum, a, k) => sum + Math.abs(a) * (through[k] as number), 0)),
  );
}

/** Roundings on the way to a result beside one for each product: of both transforms, there and back. */
const roundings = 40;

interface Case {
  readonly text: string;
  /** Of the algorithm. */
  readonly name: string;
  readonly task: ConvTask;
  /** The largest, if there are several. */
  readonly shape: WinogradShape;
}

/** Kernels that are folded, in parts, or both. */
const splitTexts = [
  ...[6, 9, 12, 16, 20, 31].map((taps) => `n1 g1 c9>8 53 k${taps} s1 d1 p3`),
  'n1 g1 c9>8 9x23 k1x8 s1 d1 p0x2',
  'n1 g1 c9>8 9x14 k7x7 s1 d1 p3',
  'n1 g1 c9>8 4x6x9 k3x3x3 s1 d1 p1',
];

const taskOf = (text: string, fma: boolean): ConvTask => ({
  geometry: parseConv(text),
  kernel: 'conv',
  xPitch: 12,
  yPitch: 12,
  epilogue: plainEpilogue,
  engine: { ...engine(), fma: fma && engine().fma, wide: false },
});

function caseOf(size: TileSize, text: string, fma: boolean): Case {
  const task = taskOf(text, fma);
  return { text, name: `winograd ${size}`, task, shape: winogradShape(task, size) };
}

function phasesCase(text: string, fma: boolean): Case {
  const task = taskOf(text, fma);
  return { text, name: 'winograd phases, weights on the fly', task, shape: lineShapes(task)[0] };
}

const casesOf = (fma: boolean): Case[] => [
  ...sizes.flatMap(([size, taps]) =>
    [`n1 g1 c9>8 9x11 k${taps}x${taps} s1 d1 p1`, `n1 g1 c9>8 23 k${taps} s1 d1 p1`].map((text) =>
      caseOf(size, text, fma),
    ),
  ),
  ...splitTexts.map((text) => caseOf('large', text, fma)),
  ...['n1 g1 c9>8 11x10 k3x3 s1 d4 p4', 'n1 g1 c9>8 17 k3 s1 d9 p9'].map((text) => phasesCase(text, fma)),
];

/** Height or width as a number of the shape's axes, for an axis of the geometry; below 0 for slices. */
const axisOf = ({ task }: Case, axis: number): number => axis + 2 - task.geometry.axes.length;

interface Arrays {
  readonly x: Float32Array;
  readonly w: Float32Array;
}

const plannerOf = (name: string) =>
  winogradPlanners.find((p) => p.name === name) as (typeof winogradPlanners)[number];

function run({ name, task }: Case, arrays: Arrays, planner = plannerOf(name)): Float32Array {
  const y = new Float32Array(product(outputShape(task.geometry)));
  return runPlan(planner, task, { ...arrays, y, bias: null, extras: [] }, new Generator(1));
}

/** The cells of an axis that the tile of output `o` reads. */
function seen(c: Case, axis: number, o: number): number[] {
  const { kernel, padBefore, input } = c.task.geometry.axes[axis] as WindowAxis;
  const { shape } = c;
  const number = axisOf(c, axis);
  const read = cellsOf({ ...shape, matrices: each(shape.filterings, (f) => f.input) })[number] ?? kernel;
  const { outputs, dilation } = shape.axes[number] ?? { outputs: 1, dilation: 1 };
  const first = Math.floor(o / dilation / outputs) * outputs * dilation + (o % dilation);
  const pad = shape.pad[number] ?? padBefore;
  return Array.from({ length: read }, (_, i) => first + i * dilation - pad).filter(
    (cell) => cell >= 0 && cell < input,
  );
}

/** `read` of every cell of the result's planes, and the cells of x's that its tile reads. */
function eachPlace(c: Case, read: (place: number, cells: readonly number[]) => void): void {
  const { axes } = c.task.geometry;
  const lengths = axes.map((a) => a.output);
  for (let place = 0; place < product(lengths); place++) {
    let cells = [0];
    axes.forEach((_, d) => {
      const step = product(axes.slice(d + 1).map((b) => b.input));
      const o = Math.floor(place / product(lengths.slice(d + 1))) % (lengths[d] as number);
      const along = seen(c, d, o);
      cells = cells.flatMap((cell) => along.map((i) => cell + i * step));
    });
    read(place, cells);
  }
}

/** The promised bound of each output's error. */
function boundsOf(c: Case, { x, w }: Arrays): Float64Array {
  const g = c.task.geometry;
  const bounds = new Float64Array(product(outputShape(g)));
  const factor = c.shape.filterings.reduce((all, f) => all * growth(f), 1);
  const [plane, inPlane] = [bounds.length / g.outChannels, x.length / g.inChannels];
  const sizes = Array.from({ length: inPlane }, (_, cell) =>
    Math.max(...Array.from({ length: g.inChannels }, (_, i) => Math.abs(x[i * inPlane + cell] as number))),
  );
  const perChannel = w.length / g.outChannels;
  const weights = Array.from({ length: g.outChannels }, (_, o) =>
    sumOf([...w.subarray(o * perChannel, (o + 1) * perChannel)]),
  );
  eachPlace(c, (place, cells) => {
    const largest = Math.max(...cells.map((cell) => sizes[cell] as number));
    weights.forEach((all, o) => {
      bounds[o * plane + place] = factor * (c.shape.depth + roundings) * 2 ** -24 * largest * all;
    });
  });
  return bounds;
}

/** Inputs that are 1 in size, with the signs of a row of Bᵀ in every tile: the largest that a transform can become. */
function worstSigns(c: Case, row: number): Float32Array {
  const g = c.task.geometry;
  const lengths = g.axes.map((a) => a.input);
  const plane = product(lengths);
  return Float32Array.from({ length: g.inChannels * plane }, (_, i) => {
    const place = i % plane;
    return lengths.reduce((sign, n, d) => {
      const cell = Math.floor(place / product(lengths.slice(d + 1))) % n;
      return sign * signAlong(c, axisOf(c, d), cell, row);
    }, 1);
  });
}

/** The sign for a cell of an axis. */
function signAlong({ shape }: Case, axis: number, cell: number, row: number): number {
  if (axis < 0) return 1;
  const { filterings, sides, axes, pad } = shape;
  const { outputs, dilation } = axes[axis];
  let rest = Math.floor((cell + pad[axis]) / dilation) % outputs;
  return filterings.reduce((sign, { input }, i) => {
    if (sides[i].axis !== axis) return sign;
    const coefficients = input[row % input.length] as number[];
    const at = Math.floor(rest / sides[i].step);
    rest %= sides[i].step;
    return sign * (Math.sign(coefficients[at] as number) || 1);
  }, 1);
}

function inputsOf(c: Case, random: Generator): Record<string, Float32Array> {
  const size = product(inputShape(c.task.geometry));
  const normal = Float32Array.from({ length: size }, () => random.normal());
  const outlier = normal.slice();
  outlier[random.integer(size)] = 1e4;
  return {
    normal,
    outlier,
    'not negative': normal.map(Math.abs),
    'wide range': normal.map((v) => v * 10 ** (random.integer(12) - 6)),
    ...Object.fromEntries([0, 1, 2, 3].map((row) => [`signs ${row}`, worstSigns(c, row)])),
  };
}

const weightsOf = (c: Case, random: Generator): Float32Array =>
  Float32Array.from({ length: product(weightShape(c.task.geometry)) }, () => random.normal());

describe.each([
  ['fused', true],
  ['mul and add', false],
])('%s', (_, fma) => {
  it.each(casesOf(fma).map((c) => [`${c.name} ${c.text}`, c] as const))(
    'errors keep within the bound: %s',
    (_, c) => {
      const random = new Generator(11);
      const w = weightsOf(c, random);
      for (const [kind, x] of Object.entries(inputsOf(c, random))) {
        const bounds = boundsOf(c, { x, w });
        const [got, want] = [run(c, { x, w }), byReference(convWork('conv', c.task.geometry), x, w)];
        const share = got.map((v, i) => Math.abs(v - (want[i] as number)) / (bounds[i] as number));
        expect(Math.max(...share), kind).toBeLessThan(1);
        // A bound that a millionth would do for would promise too little.
        expect(Math.max(...share), kind).toBeGreaterThan(1e-6);
      }
    },
  );

  it.each(casesOf(fma).map((c) => [`${c.name} ${c.text}`, c] as const))(
    'NaN and infinities spread to their tiles and no further: %s',
    (_, c) => {
      const random = new Generator(12);
      const g = c.task.geometry;
      const w = weightsOf(c, random);
      const x = Float32Array.from({ length: product(inputShape(g)) }, () => random.normal());
      const clean = run(c, { x, w });
      for (const value of [Number.NaN, Infinity, -Infinity])
        for (let i = 0; i < 3; i++) {
          const spoiled = x.slice();
          const cell = random.integer(x.length);
          spoiled[cell] = value;
          const [got, plain] = [run(c, { x: spoiled, w }), run(c, { x: spoiled, w }, directPlanner)];
          const plane = got.length / g.outChannels;
          const within = cell % (x.length / g.inChannels);
          eachPlace(c, (place, cells) => {
            for (let at = place; at < got.length; at += plane) {
              if (!cells.includes(within) && got[at] !== clean[at]) throw new Error(`${value} reaches ${at}`);
              if (!Number.isFinite(plain[at]) && Number.isFinite(got[at]))
                throw new Error(`${at} hides ${value}`);
            }
          });
        }
    },
  );
});

it('the growth of each tile is what the documents say', () => {
  const text = readFileSync(new URL('../../../../../../../docs/programs.md', import.meta.url), 'utf8');
  const tiles = [...sizes.map(([size, taps]) => filtering(size, taps)), squareFiltering(3)];
  const rows = [
    ...tiles.map((f) => [nameOf(f), f] as const),
    ...([2, 3] as const).map((cells) => [`phase of ${cells} cells`, lineFiltering(cells, 3)] as const),
  ];
  for (const [name, f] of rows) {
    const row = text.split('\n').find((line) => line.startsWith(`| ${name} |`)) ?? '';
    expect(row, name).toContain(`| ${growth(f).toPrecision(3)} | ${(growth(f) ** 2).toPrecision(3)} |`);
  }
});

// The WebAssembly backend in the checked mode: what it computes is lowered as always, and carried out by checked programs.

import type { Backend } from '../../packages/neocog/src/backends/backend.ts';
import type { CompileOptions } from '../../packages/neocog/src/backends/executable.ts';
import type { Graph } from '../../packages/neocog/src/backends/graph.ts';
import { wasmBackend } from '../../packages/neocog/src/backends/wasm/backend.ts';
import { convNode } from '../../packages/neocog/src/backends/wasm/eager/conv.ts';
import { stepsOfMap } from '../../packages/neocog/src/backends/wasm/eager/map.ts';
import {
  type Describe,
  graphOf,
  lengthAndType,
  lowerExactly,
} from '../../packages/neocog/src/backends/wasm/eager/routine.ts';
import { commonEngine, engine } from '../../packages/neocog/src/backends/wasm/engine.ts';
import { layOut } from '../../packages/neocog/src/backends/wasm/program/layout.ts';
import { planGraph } from '../../packages/neocog/src/backends/wasm/program/plan.ts';
import type { Values } from '../../packages/neocog/src/backends/work.ts';
import type { PoolGeometry } from '../../packages/neocog/src/geometry/types.ts';
import { product } from '../../packages/neocog/src/geometry/window.ts';
import type { Generator } from '../../packages/neocog/src/tensor/random.ts';
import { checkedMap } from './map.ts';
import { CheckedProgram } from './program.ts';

/** @param random in what pieces, and with arrays in what places, kernels run */
export function checkedBackend(random: Generator): Backend {
  const carryOut = (inputs: readonly Values[], describe: Describe): Values[] => {
    const graph = graphOf(inputs.map(lengthAndType), describe);
    const lowered = lowerExactly(graph, engine());
    return new CheckedProgram(graph, { lowered, layout: layOut(lowered) }, random).runNow(inputs);
  };
  return {
    ...wasmBackend,
    ...convolutions(carryOut),
    ...pools(carryOut),
    ...loops(carryOut, random),
    compile: async (graph, options) => checkedProgram(graph, options, random),
  };
}

/** A graph as `compileGraph` plans it, on one thread. */
export function checkedProgram(
  graph: Graph,
  { exact, exactConvolution, compact = false }: Omit<CompileOptions, 'threads'>,
  random: Generator,
): CheckedProgram {
  const limits = { exact: exact || exactConvolution, compact };
  return new CheckedProgram(graph, planGraph(graph, exact ? commonEngine : engine(), limits), random);
}

type CarryOut = (inputs: readonly Values[], describe: Describe) => Values[];

const none = (...inputs: readonly Values[]): boolean => inputs.some(({ length }) => length === 0);

function convolutions(carryOut: CarryOut): Pick<Backend, 'conv' | 'convInputGrad' | 'convWeightGrad'> {
  const sums =
    (kernel: 'conv' | 'inputGrad', otherwise: Backend['conv']): Backend['conv'] =>
    (g, a, w, bias) => {
      if (g.batch === 0) return otherwise(g, a, w, bias);
      const inputs = bias ? [a, w, bias] : [a, w];
      return carryOut(inputs, convNode(kernel, g, bias !== null))[0] as Float32Array;
    };
  return {
    conv: sums('conv', wasmBackend.conv),
    convInputGrad: sums('inputGrad', wasmBackend.convInputGrad),
    convWeightGrad: (g, x, y) =>
      g.batch === 0
        ? wasmBackend.convWeightGrad(g, x, y)
        : (carryOut([x, y], convNode('weightGrad', g, false))[0] as Float32Array),
  };
}

const sizeOf = (g: PoolGeometry, side: 'input' | 'output'): number =>
  g.batch * g.channels * product(g.axes.map((axis) => axis[side]));

function pools(carryOut: CarryOut): Pick<Backend, 'maxPool' | 'sumPool' | 'sumPoolGrad'> {
  const summing =
    (op: 'sumPool' | 'sumPoolGrad', side: 'input' | 'output'): Backend['sumPool'] =>
    (geometry, values, scale) => {
      const size = sizeOf(geometry, side);
      if (size === 0) return wasmBackend[op](geometry, values, scale);
      const describe: Describe = (inputs, output) => ({
        ...{ op, geometry, inputs, outputs: [output(size)], label: '' },
      });
      return carryOut([values, scale], describe)[0] as Float32Array;
    };
  return {
    maxPool: (geometry, x) => {
      const size = sizeOf(geometry, 'output');
      if (size === 0) return wasmBackend.maxPool(geometry, x);
      const [output, indices] = carryOut([x], (inputs, value) => ({
        ...{ op: 'maxPool', geometry, inputs, label: '' },
        outputs: [value(size), value(size, 'int32')],
      }));
      return { output: output as Float32Array, indices: indices as Int32Array };
    },
    sumPool: summing('sumPool', 'output'),
    sumPoolGrad: summing('sumPoolGrad', 'input'),
  };
}

function loops(carryOut: CarryOut, random: Generator): Pick<Backend, 'fused' | 'matmul'> {
  return {
    fused: (loop, inputs) => {
      if (loop.shape.includes(0)) return wasmBackend.fused(loop, inputs);
      const steps = stepsOfMap(loop);
      if (steps) return checkedMap(loop, steps, inputs, random);
      const size = loop.shape.reduce((cells, n, d) => (loop.reduced[d] ? cells : cells * n), 1);
      const distinct = [...new Set(inputs)];
      const [result] = carryOut(distinct, (values, output) => ({
        ...{ op: 'fused', loop, outputs: [output(size)], label: '' },
        inputs: inputs.map((x) => values[distinct.indexOf(x)] as (typeof values)[number]),
      }));
      return result as Float32Array;
    },
    matmul: (shape, a, b) => {
      if (none(a, b)) return wasmBackend.matmul(shape, a, b);
      const size = shape.batch * shape.m * shape.n;
      const [result] = carryOut([a, b], (inputs, output) => ({
        ...{ op: 'matmul', shape, inputs, outputs: [output(size)], label: '' },
      }));
      return result as Float32Array;
    },
  };
}

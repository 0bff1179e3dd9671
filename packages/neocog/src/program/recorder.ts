// A backend that computes nothing: it writes down what it is asked for. Operations run on it as they are, with arrays that
// have a length and no values; one that wants to see a value is refused.

import type {
  Backend,
  FusedLoop,
  MatmulShape,
  PlacedValues,
  Recording,
  StridedView,
  Values,
} from '../backends/backend.ts';
import { type GraphNode, type GraphValue, plainFinish } from '../backends/graph.ts';
import { UnsupportedError } from '../errors.ts';
import { inputShape, outputShape, weightShape } from '../geometry/conv.ts';
import { poolInputShape, poolOutputShape } from '../geometry/pool.ts';
import type { ConvGeometry } from '../geometry/types.ts';
import { product } from '../geometry/window.ts';

type DType = GraphValue['dtype'];

/** What a recorded computation does beside its nodes, once per run. */
export interface HostWork {
  /** Before the nodes, with the values of an input. */
  readonly checks: { readonly value: GraphValue; readonly check: (values: Values) => void }[];
  /** Inputs that are made on this side, anew for each run. */
  readonly draws: { readonly value: GraphValue; readonly fill: (values: Float32Array) => void }[];
  /** After the nodes. */
  readonly effects: (() => void)[];
}

/** The arrays that are made on this side, for one run. */
export const drawAll = ({ draws }: HostWork): Float32Array[] =>
  draws.map(({ value, fill }) => {
    const values = new Float32Array(value.size);
    fill(values);
    return values;
  });

/** Writes down one computation. */
export class Recorder {
  readonly nodes: GraphNode[] = [];
  readonly host: HostWork = { checks: [], draws: [], effects: [] };
  readonly backend: Backend;
  /** What nodes are labelled with now. */
  label = '';
  readonly #fn: string;
  readonly #states: ReadonlySet<Values>;
  readonly #values = new Map<Values, GraphValue>();
  #count = 0;

  /**
   * @param fn The function that the caller called, for errors.
   * @param states Arrays that the computation changes or that change between its runs; all others are constants.
   */
  constructor(fn: string, states: Iterable<Values> = []) {
    this.#fn = fn;
    this.#states = new Set(states);
    this.backend = this.#makeBackend();
  }

  /** An array that each run is given. */
  input(size: number, dtype: DType): Values {
    return this.#placeholder(size, dtype, 'input');
  }

  /** What an array stands for; one that was not made here is a constant or a state. */
  valueOf(array: Values): GraphValue {
    const known = this.#values.get(array);
    if (known) return known;
    const source = this.#states.has(array) ? 'state' : 'constant';
    const dtype = array instanceof Int32Array ? 'int32' : 'float32';
    const value: GraphValue = { id: this.#count++, size: array.length, dtype, source, data: array };
    this.#values.set(array, value);
    return value;
  }

  #placeholder(size: number, dtype: DType, source: 'input' | 'node'): Values {
    const array = withoutValues(this.#fn, size, dtype, () => this.label);
    this.#values.set(array, { id: this.#count++, size, dtype, source, data: null });
    return array;
  }

  #result(size: number, dtype: DType = 'float32'): Values {
    return this.#placeholder(size, dtype, 'node');
  }

  /** Adds a node and gives its first output. */
  #note<T extends Values>(inputs: readonly Values[], outputs: readonly Values[], details: Details): T {
    const all = { inputs: inputs.map((x) => this.valueOf(x)), outputs: outputs.map((y) => this.valueOf(y)) };
    this.nodes.push({ ...details, ...all, label: this.label } as GraphNode);
    return outputs[0] as T;
  }

  #makeBackend(): Backend {
    const conv =
      (op: 'conv' | 'inputGrad', shapeOf: (g: ConvGeometry) => number[]) =>
      (g: ConvGeometry, a: Float32Array, w: Float32Array, bias: Float32Array | null): Float32Array => {
        const inputs = bias ? [a, w, bias] : [a, w];
        const details = { op, geometry: g, bias: bias !== null, finish: plainFinish };
        return this.#note(inputs, [this.#result(product(shapeOf(g)))], details);
      };
    return {
      name: 'recorder',
      recording: this.#recording(),
      conv: conv('conv', outputShape),
      convInputGrad: conv('inputGrad', inputShape),
      convWeightGrad: (g, x, y) =>
        this.#note([x, y], [this.#result(product(weightShape(g)))], { op: 'weightGrad', geometry: g }),
      maxPool: (g, x) => {
        const size = product(poolOutputShape(g));
        const [output, indices] = [this.#result(size), this.#result(size, 'int32')];
        this.#note([x], [output, indices], { op: 'maxPool', geometry: g });
        return { output: output as Float32Array, indices: indices as Int32Array };
      },
      sumPool: (g, x, scale) =>
        this.#note([x, scale], [this.#result(product(poolOutputShape(g)))], { op: 'sumPool', geometry: g }),
      sumPoolGrad: (g, y, scale) =>
        this.#note([y, scale], [this.#result(product(poolInputShape(g)))], {
          op: 'sumPoolGrad',
          geometry: g,
        }),
      take: <T extends Values>(planes: number, x: T, indices: Int32Array) =>
        this.#note<T>([x, indices], [this.#result(indices.length, dtypeOf(x))], { op: 'take', planes }),
      scatterAdd: (planes, size, y, indices) =>
        this.#note([y, indices], [this.#result(planes * size)], { op: 'scatterAdd', planes }),
      matmul: (shape: MatmulShape, a, b) =>
        this.#note([a, b], [this.#result(shape.batch * shape.m * shape.n)], { op: 'matmul', shape }),
      fused: (loop: FusedLoop, inputs) => {
        const kept = loop.shape.filter((_, d) => !loop.reduced[d]);
        return this.#note(inputs, [this.#result(product(kept))], { op: 'fused', loop });
      },
      truncate: (x) => this.#note([x], [this.#result(x.length, 'int32')], { op: 'truncate' }),
      copy: <T extends Values>(view: StridedView, x: T) =>
        this.#note<T>([x], [this.#result(product(view.shape), dtypeOf(x))], { op: 'copy', view }),
      copyAdd: <T extends Values>(parts: readonly PlacedValues<T>[], size: number) => {
        const inputs = parts.map(({ values }) => values);
        const views = parts.map(({ view }) => view);
        return this.#note<T>(inputs, [this.#result(size, dtypeOf(inputs[0]))], { op: 'copyAdd', views });
      },
      explainConv: () => {
        throw new UnsupportedError(`${this.#fn}: kernels cannot be explained while a network is recorded`);
      },
    };
  }

  #recording(): Recording {
    return {
      assign: (target, values) => {
        this.#note([values, target], [], { op: 'assign' });
      },
      look: (values, check) => {
        const value = this.valueOf(values);
        // What is computed never comes to this side; what is constant can be looked at now.
        if (value.source === 'input') this.host.checks.push({ value, check });
        else if (value.source !== 'node') check(values);
      },
      everyRun: (effect) => {
        this.host.effects.push(effect);
      },
      knows: (values) => this.valueOf(values).source === 'constant',
      draw: (size, fill) => {
        const array = this.#placeholder(size, 'float32', 'input') as Float32Array;
        this.host.draws.push({ value: this.valueOf(array), fill });
        return array;
      },
    };
  }
}

type Details = { readonly op: GraphNode['op'] } & Record<string, unknown>;

/** Placeholders are typed arrays as far as `instanceof` can see. */
const dtypeOf = (x: Values): DType => (x instanceof Int32Array ? 'int32' : 'float32');

/** An array that has a length and a type, and refuses to show a value. */
function withoutValues(fn: string, size: number, dtype: DType, label: () => string): Values {
  const empty = dtype === 'int32' ? new Int32Array(0) : new Float32Array(0);
  return new Proxy(empty, {
    get(_, key) {
      if (key === 'length') return size;
      throw new UnsupportedError(
        `${fn}: ${label() || 'the module'} looks at values (${String(key)}) while it runs, which a compiled network cannot; compute with operations only, or run it without compiling`,
      );
    },
  });
}

// A backend that computes nothing: it writes down what it is asked for. Operations run on it as they are, with arrays that
// have a length and no values; one that wants to see a value is refused.

import type { Across, Backend, Recording } from '../backends/backend.ts';
import type { Exchange, GraphNode, GraphValue } from '../backends/graph.ts';
import { type ArrayKind, kindOf, resultsOf, type Values, type Work } from '../backends/work.ts';
import { UnsupportedError } from '../errors.ts';
import type { FrameInput } from '../geometry/frames/picture.ts';
import { Generator } from '../tensor/random.ts';

/** Something to make sure of in each run. */
interface HostCheck {
  /** The input whose values are looked at. */
  readonly value: GraphValue;
  /** Throws for values that it refuses. */
  readonly check: (values: Values) => void;
}

/** Random numbers to draw for each run. */
interface HostDraw {
  /** The input that they become. */
  readonly value: GraphValue;
  /** Draws as many numbers as there are places. */
  readonly fill: (values: Float32Array) => void;
}

/** What a recorded computation does beside its nodes, once per run. */
export interface HostWork {
  /** Before the nodes, with the values of an input. */
  readonly checks: HostCheck[];
  /** Inputs that are made on this side, anew for each run. */
  readonly draws: HostDraw[];
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

/**
 * The same for one rank of several: numbers of its own, from generators that stand at the same place on all ranks, before and
 * after.
 */
export function drawApart(host: HostWork, generators: readonly Generator[], rank: number): Float32Array[] {
  if (host.draws.length === 0) return [];
  const places = generators.map((generator) => {
    const own = generator.bits() + rank;
    const place = generator.state();
    generator.restore(new Generator(own).state());
    return place;
  });
  const drawn = drawAll(host);
  generators.forEach((generator, i) => {
    generator.restore(places[i]);
  });
  return drawn;
}

interface RecorderOptions {
  /** Arrays that the computation changes or that change between its runs; all others are constants. */
  readonly states?: Iterable<Values> | undefined;
  /** What constants are, where that is not what their arrays are now. */
  readonly copies?: ReadonlyMap<Values, Values> | undefined;
}

/** Writes down one computation. */
export class Recorder {
  readonly nodes: GraphNode[] = [];
  readonly host: HostWork = { checks: [], draws: [], effects: [] };
  readonly backend: Backend;
  /** What nodes are labelled with now. */
  label = '';
  /** How several ranks run it together; null for one. */
  across: Across | null = null;
  /** The mean over ranks of what each has. */
  meanOf: (values: Values) => Values = (values) => values;
  readonly #fn: string;
  readonly #states: ReadonlySet<Values>;
  readonly #copies: ReadonlyMap<Values, Values>;
  readonly #values = new Map<Values, GraphValue>();
  #count = 0;

  /** @param fn The function that the caller called, for errors. */
  constructor(fn: string, { states = [], copies = new Map() }: RecorderOptions = {}) {
    this.#fn = fn;
    this.#states = new Set(states);
    this.#copies = copies;
    this.backend = this.#makeBackend();
  }

  /** An array that each run is given, or makes of frames. */
  input(size: number, dtype: ArrayKind['dtype'], frames?: FrameInput): Values {
    return this.#placeholder({ size, dtype, ...(frames && { frames }) }, 'input');
  }

  /** What an array stands for; one that was not made here is a constant or a state. */
  valueOf(array: Values): GraphValue {
    const known = this.#values.get(array);
    if (known) return known;
    const source = this.#states.has(array) ? 'state' : 'constant';
    const data = this.#copies.get(array) ?? array;
    const value: GraphValue = { id: this.#count++, ...kindOf(array), source, data };
    this.#values.set(array, value);
    return value;
  }

  #placeholder(kind: ArrayKind & Pick<GraphValue, 'frames'>, source: 'input' | 'node'): Values {
    const array = withoutValues(this.#fn, kind, () => this.label);
    this.#values.set(array, { id: this.#count++, ...kind, source, data: null });
    return array;
  }

  #note(
    work: Work | { op: 'assign' } | ({ op: 'exchange' } & Exchange),
    inputs: readonly Values[],
    outputs: readonly Values[],
  ): void {
    const all = { inputs: inputs.map((x) => this.valueOf(x)), outputs: outputs.map((y) => this.valueOf(y)) };
    this.nodes.push({ ...work, ...all, label: this.label } as GraphNode);
  }

  #makeBackend(): Backend {
    return {
      name: 'recorder',
      recording: this.#recording(),
      run: (work, inputs) => {
        const kinds = inputs.map((x) => this.valueOf(x));
        const outputs = resultsOf(work, kinds).map((kind) => this.#placeholder(kind, 'node'));
        this.#note(work, inputs, outputs);
        return outputs;
      },
      explain: () => {
        throw new UnsupportedError(
          `${this.#fn}: the network asks to explain a kernel while it is recorded; call explainPlan outside of forward`,
        );
      },
    };
  }

  #recording(): Recording {
    const across = (): Across | null => this.across;
    return {
      get across() {
        return across();
      },
      assign: (target, values, isShared = false) => {
        this.#note({ op: 'assign' }, [isShared ? values : this.meanOf(values), target], []);
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
        const array = this.#placeholder({ size, dtype: 'float32' }, 'input') as Float32Array;
        this.host.draws.push({ value: this.valueOf(array), fill });
        return array;
      },
      exchange: (values, how, moves) => this.exchange(values, how, moves),
    };
  }

  /** What becomes of an array that each of several ranks has one of. */
  exchange(values: Values, how: Omit<Exchange, 'ranks'>, moves?: Values): Float32Array {
    const { ranks = 1 } = this.across ?? {};
    const factor = { sum: 1, gather: ranks, scatter: 1 / ranks }[how.way];
    const result = this.#placeholder({ size: values.length * factor, dtype: 'float32' }, 'node');
    this.#note({ op: 'exchange', ranks, ...how }, moves ? [values, moves] : [values], [result]);
    return result as Float32Array;
  }
}

/** An array that has a length and a type, and refuses to show a value. */
function withoutValues(fn: string, { size, dtype }: ArrayKind, label: () => string): Values {
  const empty = dtype === 'int32' ? new Int32Array(0) : new Float32Array(0);
  return new Proxy(empty, {
    get(_, key) {
      if (key === 'length') return size;
      throw new UnsupportedError(
        `${fn}: ${label() || 'the module'} reads values (${String(key)}) while it runs, but a compiled network cannot; use operations only, make it an nn.StagedModule, or run it without compiling`,
      );
    },
  });
}

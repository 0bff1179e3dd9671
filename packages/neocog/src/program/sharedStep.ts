// A training step that several ranks take together: how much the samples of this rank weigh, and which arrays become sums or
// means over all ranks. The sums are nodes of the graph like all else.

import type { ExchangeNode, GraphNode, GraphValue } from '../backends/graph.ts';
import type { Values } from '../backends/work.ts';
import type { Compression, World } from '../backends/world.ts';
import * as e from '../expression/expression.ts';
import { fuse } from '../ops/fuse.ts';
import { reshape } from '../ops/index.ts';
import { noGrad } from '../tensor/graph.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { Recorder } from './recorder.ts';

/** Ranks that train together. */
export interface Team {
  readonly world: World;
  /** Whether all batch normalisations are by the samples of all ranks. */
  readonly sync: boolean;
  /** Null for all digits. */
  readonly compress: Compression | null;
  readonly compareEvery: number;
}

const ratio = e.div(e.input(0), e.input(1));

/** What the recording of such a step asks for. */
export class SharedStep {
  /** How many samples of this rank count in a run. */
  readonly samples: Tensor;
  readonly #recorder: Recorder;
  readonly #team: Team;
  /** Of all ranks; made by `begin`. */
  #all: Tensor | null = null;

  constructor(recorder: Recorder, team: Team) {
    this.#recorder = recorder;
    this.#team = team;
    this.samples = new Tensor(recorder.input(1, 'float32'), [1]);
  }

  /** Before the network is recorded: asks how many samples all ranks have. */
  begin(): void {
    const { world, sync } = this.#team;
    const present = fuse('samples', e.min(e.input(0), e.constant(1)), [this.samples]);
    this.#recorder.across = { ranks: world.size, present: present.data, sync };
    this.#all = new Tensor(this.#recorder.exchange(this.samples.data, { way: 'sum', bulk: null }), [1]);
    this.#recorder.meanOf = (values) => noGrad(() => this.#meanOf(new Tensor(values, [values.length])).data);
  }

  /** This rank's share of all samples, of the shape of a tensor of one element; waits for what `begin` asked for. */
  weightLike(t: Tensor): Tensor {
    return reshape(fuse('weight of the rank', ratio, [this.samples, this.#all as Tensor]), t.shape);
  }

  /** The mean of a tensor over all ranks, each as often as it has samples. */
  meanOf(t: Tensor): Tensor {
    return noGrad(() => reshape(this.#meanOf(reshape(t.detach(), [t.size])), t.shape));
  }

  #meanOf(t: Tensor): Tensor {
    const mine = fuse('mean of ranks', e.mul(e.input(0), e.input(1)), [t, this.samples]);
    const sums = new Tensor(this.#recorder.exchange(mine.data, { way: 'sum', bulk: 'other' }), t.shape);
    return fuse('mean of ranks', ratio, [sums, this.#all as Tensor]);
  }

  /** The sum of a gradient over all ranks, in runs where `moves` is not 0. */
  sumOf(gradient: Tensor, moves: Values | undefined): Tensor {
    const sums = this.#recorder.exchange(gradient.data, { way: 'sum', bulk: 'gradient' }, moves);
    return new Tensor(sums, gradient.shape);
  }
}

const isBulk = (node: GraphNode): node is ExchangeNode => node.op === 'exchange' && node.bulk !== null;

/** Sums that travel in bulk begin as soon as there is what they sum up, not where they were asked for. */
export function sumsEarly(nodes: readonly GraphNode[]): GraphNode[] {
  const waiting = new Map<GraphValue, ExchangeNode[]>();
  for (const node of nodes.filter(isBulk)) {
    const [x] = node.inputs;
    waiting.set(x, [...(waiting.get(x) ?? []), node]);
  }
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const after = (values: readonly GraphValue[]): ExchangeNode[] =>
    values.flatMap((value) => waiting.get(value) ?? []);
  const first = [...waiting.keys()].filter((value) => !made.has(value));
  const rest = nodes.filter((node) => !isBulk(node));
  return [...after(first), ...rest.flatMap((node) => [node, ...after(node.outputs)])];
}

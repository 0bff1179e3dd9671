// What ranks that train together make sure of: that they take the same steps from the same weights, and that these stay the same.

import type { Executable } from '../backends/executable.ts';
import type { Graph, GraphNode } from '../backends/graph.ts';
import { hashText, hashValues, needAlike, strayRanks } from '../backends/ranks.ts';
import type { Values } from '../backends/work.ts';
import type { World } from '../backends/world.ts';
import { NeocogError } from '../errors.ts';
import { formatExpr } from '../expression/expression.ts';
import { generatorsOf } from '../nn/generators.ts';
import type { Module } from '../nn/module.ts';
import { version } from '../version.ts';
import { drawAll, drawApart, type HostWork } from './recorder.ts';
import type { Team } from './sharedStep.ts';
import type { MemoryGroup } from './traceTraining.ts';
import type { CompileTrainingOptions } from './trainingOptions.ts';

const fn = 'compileTraining';

async function needSameTask(world: World, options: CompileTrainingOptions): Promise<void> {
  const { input, accumulate, clipNorm, clipValue, exact, sync, compress, optimizer } = options;
  const remedy = 'give all ranks the same';
  await needAlike(world, fn, [
    { what: 'version', text: version, remedy: 'install the same version of neocog on all ranks' },
    { what: 'input', text: JSON.stringify(input), remedy },
    {
      what: 'options',
      text: JSON.stringify({ accumulate, clipNorm, clipValue, exact, sync, compress }),
      remedy,
    },
    {
      what: 'optimiser',
      text: `${optimizer.constructor.name} ${JSON.stringify(optimizer.groups.map((group) => ({ ...group, parameters: undefined })))}`,
      remedy,
    },
  ]);
}

async function needSameProgram(world: World, graph: Graph, executable: Executable): Promise<void> {
  const { simd } = executable.report();
  await needAlike(world, fn, [
    {
      what: 'network',
      text: String(hashText(graph.nodes.map(describeNode).join('\n'))),
      remedy: 'build the same network, with the same loss, on all ranks',
      isHidden: true,
    },
    {
      what: 'arithmetic',
      text: simd,
      remedy: 'say exact: true, which computes alike on all machines, or use machines of one kind',
    },
  ]);
}

function describeNode(node: GraphNode): string {
  const sizes = [node.inputs, node.outputs].map((values) => values.map(({ size }) => size).join(' '));
  const formula = 'loop' in node ? formatExpr(node.loop.expr) : '';
  return [node.op, node.label, ...sizes, formula].join('|');
}

/** The ranks of a training; where there is one, there is nothing to make sure of. */
export class Ranks {
  /** Null for one rank. */
  readonly team: Team | null;
  readonly #module: Module;
  readonly #options: CompileTrainingOptions;

  constructor(module: Module, options: CompileTrainingOptions) {
    const { world, sync = false, compress = null, compareEvery = 100 } = options;
    this.team = world && world.size > 1 ? { world, sync, compress, compareEvery } : null;
    this.#module = module;
    this.#options = options;
  }

  /** All take the weights of rank 0, and what its optimiser remembers. @throws NeocogError on all ranks if their tasks differ */
  async begin(memory: readonly MemoryGroup[]): Promise<void> {
    if (!this.team) return;
    await needSameTask(this.team.world, this.#options);
    const steps = Int32Array.from(memory, ({ step }) => step);
    const remembered = memory.flatMap(({ members }) =>
      members.flatMap(({ states }) => Object.values(states)),
    );
    const weights = Object.values(this.#module.stateDict()).map((t) => t.data);
    await this.team.world.broadcast([...new Set([...weights, ...remembered]), steps]);
    memory.forEach((group, i) => {
      group.step = steps[i];
    });
  }

  /** @throws NeocogError on all ranks if what they compiled differs */
  async check(graph: Graph, executable: Executable): Promise<void> {
    if (this.team) await needSameProgram(this.team.world, graph, executable);
  }

  /** Random numbers of this rank's own, while the generators stand at the same place on all. */
  draw(host: HostWork): Float32Array[] {
    if (!this.team) return drawAll(host);
    const generators = generatorsOf(this.#module).map(([, generator]) => generator);
    return drawApart(host, generators, this.team.world.rank);
  }

  /** Now and then, whether all have the same weights. @throws NeocogError on all ranks if one has others */
  async compare(step: number, values: () => readonly Values[]): Promise<void> {
    if (!this.team || step % this.team.compareEvery !== 0) return;
    const [stray] = await strayRanks(this.team.world, hashValues(values()));
    if (stray === undefined) return;
    throw new NeocogError(
      `Trainer.step: after ${step} steps the weights of rank ${stray} are not those of rank 0; look for a fault of its machine, and go on from the last checkpoint`,
    );
  }
}

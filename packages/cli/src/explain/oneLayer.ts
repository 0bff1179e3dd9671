// What a compiled program would run a convolution with, found out by compiling that convolution alone. In a larger network
// the choice may differ: memory is allowed by the network's size, and neighbours join in.

import {
  type ConvGeometry,
  compile,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  inputShape,
  nn,
  outputShape,
  type ProgramReport,
  parseConv,
  type Tensor,
  weightShape,
  zeros,
} from 'neocog';

export type StepReport = ProgramReport['steps'][number];

const forwards = [conv1d, conv2d, conv3d];
const transposes = [convTranspose1d, convTranspose2d, convTranspose3d];

class OneLayer extends nn.Module {
  readonly weight: Tensor;
  readonly #geometry: ConvGeometry;
  readonly #transposed: boolean;

  constructor(geometry: ConvGeometry, transposed: boolean) {
    super();
    this.weight = zeros(weightShape(geometry));
    this.#geometry = geometry;
    this.#transposed = transposed;
  }

  override forward(x: Tensor): Tensor {
    const { axes, groups, paddingMode } = this.#geometry;
    const options = {
      stride: axes.map((axis) => axis.stride),
      dilation: axes.map((axis) => axis.dilation),
      padding: axes.map((axis): [number, number] => [axis.padBefore, axis.padAfter]),
      paddingMode,
      groups,
    };
    const rank = axes.length - 1;
    if (!this.#transposed) return forwards[rank](x, this.weight, options);
    const outputSize = axes.map((axis) => axis.input);
    return transposes[rank](x, this.weight, { ...options, outputSize });
  }
}

/**
 * The steps of a program of one convolution without bias, on one thread; none for a geometry with less output than its
 * sizes give, which no layer has.
 */
export async function stepsOfOne(text: string, transposed: boolean): Promise<readonly StepReport[]> {
  const geometry = parseConv(text);
  const input = transposed ? outputShape(geometry) : inputShape(geometry);
  const program = await compile(new OneLayer(geometry, transposed), { input, threads: 1 });
  const wanted = transposed ? inputShape(geometry) : outputShape(geometry);
  const steps = String(program.outputShape) === String(wanted) ? program.explain().steps : [];
  program.dispose();
  return steps.filter(({ candidates }) => candidates.length > 0);
}

/** The candidates of each step and which of them runs; empty if there are no steps. */
export function formatSteps(steps: readonly StepReport[]): string {
  const lines = steps.flatMap(({ candidates, description }) => [
    ...candidates.map(({ name, cost, refusal }) => `  ${name}: ${refusal ?? `cost ${millions(cost ?? 0)}`}`),
    `  runs as ${description}`,
  ]);
  return lines.length === 0 ? '' : ['alone in a compiled program, one thread', ...lines].join('\n');
}

const millions = (cost: number): string => `${(cost / 1e6).toPrecision(3)} M`;

// Which steps of a network can be recorded, and so compiled: all are tried on a recording, in which tensors have shapes and no
// values. One that looks at a value cannot be. If the shapes of its results follow from other shapes nevertheless, tensors
// without values stand in for them, and the steps behind it are tried too; if not, what reads them cannot be recorded either.

import { cast, expand, NeocogError, nn, recordNetwork, reshape, type Tensor, UnsupportedError } from 'neocog';
import { atCostOf, type Budget } from '../budget.ts';
import { argumentsOf, type Block, Choice, readsOf, runStep, Scope, type Step } from './block.ts';
import { checkInputs, type GraphInput } from './given.ts';
import { Operation } from './operation.ts';
import { runBudget } from './segment.ts';
import { HostArray, rememberType, typeOf, type Value, type ValueKind } from './value.ts';

/** What is known of a step before any run. */
export interface SurveyedStep {
  readonly step: Step;
  /** Whether it can be recorded. */
  readonly records: boolean;
  /** Of a choice that cannot: its blocks, in their order. */
  readonly blocks: readonly Survey[];
}

/** What is known of the steps of a block. */
export interface Survey {
  readonly block: Block;
  readonly steps: readonly SurveyedStep[];
  /** Values whose shapes are known, those of the scopes around the block too; host arrays are the same in every run. */
  readonly values: Scope;
}

/** A survey, and the steps that are worth a program: those with products. */
export interface Surveyed {
  readonly survey: Survey;
  readonly isHeavy: (step: Step) => boolean;
}

/** Surveys a block for inputs of known shapes, at the cost of one run. @throws ShapeError where these do not fit a step */
export function surveyBlock(block: Block, inputs: readonly GraphInput[], budget?: Budget): Surveyed {
  const probe = new Probe(block, inputs, budget);
  const { nodes, calls } = recordNetwork(probe);
  const heavy = new Set<nn.Module>();
  for (const { part, from, to } of calls)
    if (nodes.slice(from, to).some(({ op }) => products.has(op))) heavy.add(part);
  const isHeavy = ({ module }: Step): boolean => module.namedModules().some(([, part]) => heavy.has(part));
  return { survey: probe.survey as Survey, isHeavy };
}

const products: ReadonlySet<string> = new Set(['conv', 'inputGrad', 'matmul']);

/** The name of an input without a value; no file can have it. */
const seedName = '\0seed';

/** Runs on a recording. Tensors without values are made of its last input. */
class Probe extends nn.NamedModule {
  readonly inputs: readonly GraphInput[];
  readonly outputs = [{ name: seedName, shape: [1], dtype: 'float32' as const }];
  readonly #block: Block;
  readonly #budget: Budget | undefined;
  survey: Survey | null = null;

  constructor(block: Block, inputs: readonly GraphInput[], budget: Budget | undefined) {
    super();
    this.#block = block;
    this.#budget = budget;
    this.inputs = [...inputs, { name: seedName, shape: [1], dtype: 'float32' }];
  }

  override children(): [name: string, child: nn.Module][] {
    return this.#block.children();
  }

  run(inputs: nn.NamedTensors): Record<string, Tensor> {
    const seed = inputs[seedName];
    const given = new Scope(checkInputs(this.inputs, inputs));
    const survey = (): Survey => new Surveyor(seed).block(this.#block, given);
    this.survey = this.#budget ? atCostOf(runBudget(this.#budget, inputs), survey) : survey();
    return { [seedName]: seed };
  }
}

class Surveyor {
  readonly #seed: Tensor;
  /** Values that depend on the results of steps that cannot be recorded. */
  readonly #late = new WeakSet<Value>();
  /** Blocks that may never run, of which errors tell nothing. */
  #depth = 0;

  constructor(seed: Tensor) {
    this.#seed = seed;
  }

  block(block: Block, outer: Scope): Survey {
    const values = new Scope([], outer, block.constants);
    return { block, values, steps: block.steps.map((step) => this.#step(step, values)) };
  }

  #step(step: Step, values: Scope): SurveyedStep {
    if (this.#records(step, values)) return { step, records: true, blocks: [] };
    const { module } = step;
    const blocks = module instanceof Choice ? this.#inside(module, values) : [];
    this.#kindsOf(step, values, blocks)?.forEach((kind, i) => {
      if (kind && step.outputs[i]) values.set(step.outputs[i], this.#withoutValues(kind));
    });
    return { step, records: false, blocks };
  }

  #records(step: Step, values: Scope): boolean {
    const isUnknown = (name: string): boolean => name !== '' && !values.get(name);
    if (step.inputs.some(isUnknown)) return false;
    const read = readsOf(step).map((name) => values.get(name));
    const isLate = read.some((value) => value && this.#late.has(value));
    // What stands in for values, or is left out, may lead to errors that the values would not.
    const expected =
      isLate || this.#depth > 0 || readsOf(step).some(isUnknown) ? NeocogError : UnsupportedError;
    try {
      const results = runStep(step, values);
      if (isLate) for (const value of results) this.#late.add(value);
      return true;
    } catch (error) {
      if (error instanceof expected) return false;
      throw error;
    }
  }

  #inside({ blocks }: Choice, values: Scope): Survey[] {
    this.#depth++;
    const surveys = blocks.map((block) => this.block(block, values));
    this.#depth--;
    return surveys;
  }

  /** Shapes and types of the results, where they are known. */
  #kindsOf(
    step: Step,
    values: Scope,
    blocks: readonly Survey[],
  ): readonly (ValueKind | undefined)[] | undefined {
    const { module } = step;
    if (blocks.length > 0) return kindsInCommon(blocks);
    if (!(module instanceof Operation) || step.inputs.some((name) => name !== '' && !values.get(name)))
      return;
    return module.kindsOf(argumentsOf(step, values));
  }

  #withoutValues({ shape, type }: ValueKind): Tensor {
    const floats = shape.length === 0 ? reshape(this.#seed, []) : expand(this.#seed, shape);
    const hidden = type === 'float32' ? floats : rememberType(cast(floats, 'int32'), type);
    this.#late.add(hidden);
    return hidden;
  }
}

/** Of what blocks give: the kinds on which all agree. */
function kindsInCommon(surveys: readonly Survey[]): (ValueKind | undefined)[] {
  const [first, ...others] = surveys.map(({ block, values }) =>
    block.outputs.map((name) => kindOf(values.get(name))),
  );
  return first.map((kind, i) => (others.every((kinds) => isSame(kind, kinds[i])) ? kind : undefined));
}

const kindOf = (value: Value | undefined): ValueKind | undefined =>
  value && { shape: value.shape, type: typeOf(value) ?? 'int64' };

const isSame = (a: ValueKind | undefined, b: ValueKind | undefined): boolean =>
  a?.type === b?.type && String(a?.shape) === String(b?.shape);

/** Whether a value is the same in every run. */
export const isFixed = (value: Value | undefined): value is HostArray => value instanceof HostArray;

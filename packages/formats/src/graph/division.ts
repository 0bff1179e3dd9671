// A network that looks at values, divided: programs, steps on the host, and choices between blocks that are divided themselves,
// one after the other.

import { nn } from 'neocog';
import { atCostOf, type Budget, willHold } from '../budget.ts';
import {
  argumentsOf,
  Block,
  type Choice,
  carryOut,
  need,
  readsOf,
  runStep,
  Scope,
  type Step,
} from './block.ts';
import { asTensor, asValue, type GraphInput } from './given.ts';
import { levelsOf } from './levels.ts';
import { Segment } from './segment.ts';
import { isFixed, type Survey, type Surveyed } from './survey.ts';
import { typeOf, type Value } from './value.ts';

/** Values by name, and what bounds the run. */
interface Running {
  readonly scope: Scope;
  readonly budget: Budget | undefined;
}

/** A stretch of a network. It reads values of the scope and sets others. */
type Part = (running: Running) => nn.Stages<void>;

/** A block whose parts run one after the other. */
export class Division {
  readonly block: Block;
  readonly #parts: readonly Part[];
  /** The block's constants, and values that are the same in every run for inputs of these shapes. */
  readonly #known: ReadonlyMap<string, Value>;

  private constructor(block: Block, parts: readonly Part[], fixed: readonly (readonly [string, Value])[]) {
    this.block = block;
    this.#parts = parts;
    this.#known = new Map([...block.constants, ...fixed]);
  }

  /** `isOutermost`: it reads nothing but inputs of the network. */
  static of(surveyed: Surveyed, budget: Budget | undefined, isOutermost = true): Division {
    const { survey } = surveyed;
    const divider = new Divider(surveyed, budget);
    const parts = levelsOf(surveyed, isOutermost).flatMap(({ compiled, steps }) =>
      compiled ? [divider.program(steps)] : divider.onHost(steps),
    );
    const names = survey.steps.flatMap(({ step }) => step.outputs);
    const fixed = names.map((name) => [name, survey.values.get(name)] as const);
    return new Division(
      survey.block,
      parts,
      fixed.filter((entry): entry is [string, Value] => isFixed(entry[1])),
    );
  }

  /** The block's outputs, with the values of `outer` around it. */
  *run({ scope: outer, budget }: Running): nn.Stages<Value[]> {
    const scope = new Scope([], outer, this.#known);
    for (const part of this.#parts) yield* part({ scope, budget });
    return this.block.outputs.map((name) => need(scope, name, 'the outputs'));
  }
}

class Divider {
  readonly #surveyed: Surveyed;
  readonly #survey: Survey;
  readonly #budget: Budget | undefined;

  constructor(surveyed: Surveyed, budget: Budget | undefined) {
    this.#surveyed = surveyed;
    this.#survey = surveyed.survey;
    this.#budget = budget;
  }

  #steps(indices: readonly number[]): Step[] {
    return indices.map((i) => this.#survey.steps[i].step);
  }

  program(indices: readonly number[]): Part {
    const steps = this.#steps(indices);
    const own = new Set(steps.flatMap(({ outputs }) => outputs));
    const others = this.#survey.steps.filter((_, i) => !indices.includes(i)).map(({ step }) => step);
    const wanted = new Set([...others.flatMap(readsOf), ...this.#survey.block.outputs]);
    const outputs = this.#values([...own].filter((name) => wanted.has(name)));
    const reads = new Set(steps.flatMap(readsOf).filter((name) => name !== '' && !own.has(name)));
    const { constants } = this.#survey.block;
    const inputs = this.#values([...reads].filter((name) => !constants.has(name)));
    const known = [...reads, ...own].map((name) => [name, constants.get(name) ?? this.#fixed(name)] as const);
    const block = new Block(
      steps,
      outputs.map(({ name }) => name),
      new Map(known.filter((entry): entry is [string, Value] => entry[1] !== undefined)),
    );
    return inProgram(new Segment({ block, inputs, outputs, budget: this.#budget }));
  }

  #fixed(name: string): Value | undefined {
    const value = this.#survey.values.get(name);
    return isFixed(value) ? value : undefined;
  }

  /** Those of the values that go into programs or come out: tensors of known shapes. Blocks that are not taken may read others. */
  #values(names: readonly string[]): GraphInput[] {
    return names.flatMap((name) => {
      const value = this.#survey.values.get(name);
      if (!value || isFixed(value)) return [];
      const dtype = value.dtype === 'float32' ? 'float32' : 'int32';
      return [{ name, shape: value.shape, dtype, type: typeOf(value) }];
    });
  }

  /** Steps on the host in their order, those between choices together. */
  onHost(indices: readonly number[]): Part[] {
    const parts: Part[] = [];
    let plain: Step[] = [];
    const close = (): void => {
      if (plain.length > 0) parts.push(stepsOnHost(plain));
      plain = [];
    };
    for (const { step, blocks } of indices.map((i) => this.#survey.steps[i])) {
      if (blocks.length === 0) plain.push(step);
      else {
        close();
        parts.push(choice(step, this.#divisions(blocks)));
      }
    }
    close();
    return parts;
  }

  #divisions(blocks: readonly Survey[]): Division[] {
    return blocks.map((survey) => Division.of({ ...this.#surveyed, survey }, this.#budget, false));
  }
}

const inProgram = (segment: Segment): Part =>
  function* ({ scope }) {
    const inputs: nn.NamedTensors = Object.fromEntries(
      segment.inputs.map(({ name, dtype }) => [name, asTensor(need(scope, name, 'a program'), dtype)]),
    );
    const results = yield* nn.stage(segment, inputs);
    for (const { name, type } of segment.outputs) scope.set(name, asValue(results[name], type));
  };

const stepsOnHost = (given: readonly Step[]): Part => {
  // As they are now: parts of the network may be replaced.
  const steps = given.map((step) => ({ ...step }));
  const [{ name, module }] = steps;
  const about = `${steps.length === 1 ? '1 node' : `${steps.length} nodes`} on the host, from ${kindOf(module)} ${name}`;
  return function* ({ scope, budget }) {
    yield* nn.onHost(name, about);
    const run = (): void => {
      for (const step of steps) willHold(() => runStep(step, scope));
    };
    if (budget) atCostOf(budget, run);
    else run();
  };
};

const kindOf = (module: nn.Module): string => module.describe().split('(')[0] || module.constructor.name;

const choice = (step: Step, divisions: readonly Division[]): Part => {
  const module = step.module as Choice;
  return function* ({ scope, budget }) {
    yield* nn.onHost(step.name, `the host chooses one of ${divisions.length} blocks`);
    const chosen = carryOut(step.name, () => module.choose(argumentsOf(step, scope)));
    const division = divisions.find(({ block }) => block === chosen) as Division;
    const values = yield* division.run({ scope, budget });
    step.outputs.forEach((name, i) => {
      if (name !== '') scope.set(name, values[i]);
    });
  };
};

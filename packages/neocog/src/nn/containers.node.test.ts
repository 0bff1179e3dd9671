// Parts of a network are properties: assigning another module replaces the part everywhere, in every network of models.

import { compile, compileTraining, init, models, mse, nn, optim, randn, ShapeError, summary } from 'neocog';
import { describe, expect, it } from 'vitest';

type Network = nn.Module & Record<string, nn.Module>;

/** Hands on what it is given, and remembers that it was. */
class Witness extends nn.Module {
  seen = 0;
  readonly part: nn.Module;

  constructor(part: nn.Module) {
    super();
    this.part = part;
  }

  forward(x: Parameters<nn.Module['forward']>[0]): ReturnType<nn.Module['forward']> {
    this.seen++;
    return this.part.forward(x);
  }
}

const makers = Object.entries(models).filter(
  (entry): entry is [keyof typeof models.inputShapes, () => nn.Module] => typeof entry[1] === 'function',
);

describe('a part that is assigned takes the place of the one before', () => {
  it.each(makers)('in %s, at every place', (name, make) => {
    const network = init.skip(() => make());
    const modules = new Map(network.namedModules());
    for (const [path, part] of modules) {
      if (path === '') continue;
      const owner = modules.get(path.split('.').slice(0, -1).join('.')) as Network;
      const key = path.split('.').at(-1) as string;
      if (name === 'wavenet' && path.split('.')[0] === 'layers' && path.split('.').length === 2) continue;
      const other = new Witness(part);
      owner[key] = other;
      expect(owner.children().find(([child]) => child === key)?.[1], path).toBe(other);
      expect(owner[key], path).toBe(other);
      owner[key] = part;
    }
  });

  it('in the forward pass, parameters, state dict, summary and program of resnet18', async () => {
    const network = models.resnet18({ width: 4 }) as Network;
    network.fc = new nn.Linear(32, 3);
    network.eval();
    expect(network.forward(randn([1, 3, 32, 32])).shape).toEqual([1, 3]);
    expect(network.stateDict()['fc.weight'].shape).toEqual([3, 32]);
    expect(network.parameters().at(-2)).toBe((network.fc as nn.Linear).weight);
    expect(summary(network, [1, 3, 32, 32]).layers.at(-1)?.outputShape).toEqual([1, 3]);
    const program = await compile(network, { input: [1, 3, 32, 32] });
    expect(program.outputShape).toEqual([1, 3]);
    program.dispose();
  });

  it('in blocks and branches, whose forward pass then runs it', () => {
    const network = models.googlenet({ classes: 2 }) as Network;
    const block = network.inception3a as Network;
    const witness = new Witness(block.branch1);
    block.branch1 = witness;
    network.eval().forward(randn([1, 3, 64, 64]));
    expect(witness.seen).toBe(1);
  });

  it('runs what is assigned to a new name last', () => {
    const network = new nn.Sequential(new nn.Linear(3, 4)) as unknown as Network;
    network.head = new nn.Linear(4, 2);
    expect(network.forward(randn([1, 3])).shape).toEqual([1, 2]);
    expect(Object.keys(network.stateDict())).toEqual(['0.weight', '0.bias', 'head.weight', 'head.bias']);
  });

  it('refuses what is no module, and a module inside itself', () => {
    const network = new nn.Sequential(new nn.ReLU()) as unknown as Network;
    expect(() => {
      network[0] = 5 as never;
    }).toThrow(ShapeError);
    expect(() => {
      network[0] = network;
    }).toThrow('the module holds itself');
    expect(network.children()[0][1]).toBeInstanceOf(nn.ReLU);
  });
});

describe('modules nested too deep', () => {
  const nest = (make: (inner: nn.Module) => nn.Module): nn.Module => {
    let network: nn.Module = new nn.ReLU();
    for (let i = 0; i < 5000; i++) network = make(network);
    return network;
  };

  it('are refused where they are made', () => {
    expect(() => nest((inner) => new nn.Sequential(inner))).toThrow(/nested more than 256 deep/);
    expect(() => nest((inner) => new nn.Residual(inner))).toThrow(/nested more than 256 deep/);
  });

  it('are refused by name in a class of the caller', () => {
    const network = nest((inner) => new Witness(inner));
    expect(() => network.parameters()).toThrow(/nested more than 256 deep/);
    expect(() => network.loadStateDict({})).toThrow(/nested more than 256 deep/);
  });

  it('work as deep as that', () => {
    let network: nn.Module = new nn.ReLU();
    for (let i = 0; i < 250; i++) network = new nn.Sequential(network);
    expect(network.forward(randn([2])).shape).toEqual([2]);
    expect(network.toString().split('\n')).toHaveLength(251);
  });
});

describe('compileTraining', () => {
  it('refuses the optimiser of another network', async () => {
    const optimizer = new optim.SGD(new nn.Linear(3, 2).parameters(), { lr: 0.1 });
    const compiled = async () =>
      compileTraining(new nn.Linear(3, 2), { input: [2, 3], loss: mse, optimizer });
    await expect(compiled()).rejects.toThrow('parameter 0 of the optimiser does not belong to the network');
  });
});

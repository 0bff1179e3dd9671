// keptProgram: a program by a name that the caller gives, so that neither the network nor its weights are there when it is read.

import { aFunction, need, required, text } from '../../arguments/field.ts';
import { type Fields, needOptions } from '../../arguments/options.ts';
import { backend } from '../../backends/current.ts';
import type { Revived } from '../../backends/keeping.ts';
import { UnsupportedError } from '../../errors.ts';
import { CompiledNetwork } from '../compiledNetwork.ts';
import { insidesOf, Program } from '../program.ts';
import type { Traced } from '../trace.ts';
import { CacheUse, edition } from './cacheUse.ts';
import { keyOf } from './key.ts';
import { cacheField, type ProgramCache } from './place.ts';

/** Where `keptProgram` keeps a program, and how it is made. */
export interface KeptProgramOptions {
  /** The path of a folder, in a page the name of a `Cache`, or an object with `get` and `set`; as for `compile`. */
  cache: ProgramCache;
  /** Compiles the program if there is none of this name. */
  make: () => Promise<Program>;
}

const fields: Fields<KeptProgramOptions> = { cache: required(cacheField), make: required(aFunction) };

/** What is kept beside the executable. */
type About = Pick<CompiledNetwork, 'inputs' | 'outputs'>;

const fn = 'keptProgram';

/**
 * The program that was kept under a name, or the one that `make` compiles, which is then kept. Reading it needs no network and no
 * weights: only the caller knows what the name stands for, and gives another one when weights, shapes or options change. A program of
 * another version of the library or another kind of engine, or one that is damaged, is made anew. `explain().cache` says what happened.
 *
 * @throws ShapeError for options that are not right. @throws UnsupportedError if `make` gives no Program; and whatever `make` throws.
 * @example const program = await keptProgram('classifier 3', { cache: 'programs', make: async () => compile(await load(), { input }) });
 */
export async function keptProgram(name: string, options: KeptProgramOptions): Promise<Program> {
  need(fn, 'name', name, text);
  needOptions(fn, options, fields);
  const { keeping } = backend();
  const use = new CacheUse(options.cache, keeping);
  const key = keeping && use.works ? keyOf([...edition, 'named', name], keeping.digest()) : null;
  const found = key === null ? null : await use.find({ key, fn, again: () => refuseAgain(name) });
  if (found) return programOf(found, use);
  const program: unknown = await options.make();
  if (!(program instanceof Program))
    throw new UnsupportedError(
      `${fn}: make gives no Program; return what compile gives for inputs of one shape`,
    );
  insidesOf(program).observe(use);
  if (key !== null) keep(program, key, use);
  return program;
}

function keep(program: Program, key: string, use: CacheUse): void {
  const { runner } = insidesOf(program);
  if (!(runner instanceof CompiledNetwork))
    return use.refuse('the network looks at values between its parts');
  const { executable, traced, inputs, outputs } = runner;
  const { checks, draws, effects } = traced.host;
  if (checks.length + draws.length + effects.length > 0)
    return use.refuse('the network draws or checks values in each run, which needs the network');
  use.writeSoon(key, executable, { inputs, outputs } satisfies About);
}

function programOf({ executable, graph, about }: Revived, cache: CacheUse): Program {
  // Made by `keep` above: the bytes are whole, and were kept under a key of such programs.
  const { inputs, outputs } = about as About;
  const traced: Traced = {
    graph: { ...graph, nodes: [], updates: [] },
    host: { checks: [], draws: [], effects: [] },
    outputs,
  };
  return new Program(new CompiledNetwork(executable, inputs, traced), { cache });
}

function refuseAgain(name: string): never {
  throw new UnsupportedError(
    `Program.text: program '${name}' was read without its network, of which the text is made; compile it to see its code`,
  );
}

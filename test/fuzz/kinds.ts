// Every kind of case that the fuzzer knows, by name.

import { compiledConv, eagerConv, trainedConv } from './conv.ts';
import { exact } from './exact.ts';
import { files } from './files.ts';
import { frames } from './frames.ts';
import { kernels } from './kernels.ts';
import type { FuzzKind } from './kind.ts';
import { networks } from './networks.ts';
import { pools } from './pools.ts';

// A case goes back to the kind that drew it, whatever its type is.
const list = [
  eagerConv,
  compiledConv,
  trainedConv,
  kernels,
  pools,
  networks,
  exact,
  frames,
  files,
] as unknown as readonly FuzzKind[];

export const kinds: ReadonlyMap<string, FuzzKind> = new Map(list.map((kind) => [kind.name, kind]));

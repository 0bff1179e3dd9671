// For which engine a graph is compiled, and with which algorithms.

import type { CompileOptions } from '../../executable.ts';
import { commonEngine, type Engine, engine, engineKey } from '../engine.ts';
import { workforceKey } from '../machine/index.ts';
import type { Limits } from './choose.ts';

type Options = Omit<CompileOptions, 'fn'>;

/** The engine that code is made for. */
export const engineFor = ({ exact }: Options): Engine => (exact ? commonEngine : engine());

/** What the choice of algorithms is limited to. */
export const limitsOf = ({
  exact,
  exactConvolution,
  compact = false,
}: Pick<Options, 'exact' | 'exactConvolution' | 'compact'>): Limits => ({
  exact: exact || exactConvolution,
  compact,
});

/** All that code depends on beside graph and options. */
export const abilitiesFor = (options: Options): string =>
  `${engineKey(engineFor(options))}, ${workforceKey(options)}`;

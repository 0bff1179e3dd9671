// Folds a network by its modules: layers of a module that is not unfolded are one node. Pure: nodes in, nodes out.

import type { LayerFacts } from './facts.ts';

/** A node of the drawing: a layer, or a module whose layers are folded into it. */
export interface FoldedNode {
  /** Of a layer `n` and its id, of a module `m` and its path. */
  readonly key: string;
  /** The path of a folded module, or null. */
  readonly module: string | null;
  /** Layers in it. */
  readonly members: readonly number[];
  /** The module around it that can be folded again, or null. */
  readonly around: string | null;
}

export interface FoldedEdge {
  readonly from: string;
  readonly to: string;
}

/** The modules around each layer, the outermost first. A module of one layer is none. */
export function modulesOf(layers: readonly LayerFacts[]): string[][] {
  const named = layers.map(({ name, kind }) => (kind === 'input' || kind === 'output' ? '' : name));
  const chains = named.some((name) => name.includes('.'))
    ? layers.map(({ kind }, i) => dotted(named[i]!, kind === 'operation'))
    : named.map(numbered);
  const counts = new Map<string, number>();
  for (const path of chains.flat()) counts.set(path, (counts.get(path) ?? 0) + 1);
  return chains.map((chain) =>
    distinct(
      chain.filter((path) => (counts.get(path) ?? 0) > 1),
      counts,
    ),
  );
}

/** `a.b.c` lies in `a` and `a.b`; an operation of `a.b` lies in `a.b` itself. */
function dotted(name: string, inside: boolean): string[] {
  const parts = name.split('.');
  const depth = inside ? parts.length : parts.length - 1;
  return Array.from({ length: name === '' ? 0 : depth }, (_, i) => parts.slice(0, i + 1).join('.'));
}

/** Flat names often begin with their block: `block_3_expand`, `conv_dw_4_relu`. */
function numbered(name: string): string[] {
  const block = /^[a-z]+(?:_[a-z]+)*_?\d+(?=[_a-z])/i.exec(name)?.[0];
  return block ? [block] : [];
}

/** Of modules that hold the same layers, the innermost says most. */
const distinct = (chain: readonly string[], counts: ReadonlyMap<string, number>): string[] =>
  chain.filter((path, i) => counts.get(path) !== counts.get(chain[i + 1] ?? ''));

/** The outermost module around a layer that is not unfolded. */
const foldOf = (chain: readonly string[], unfolded: ReadonlySet<string>): string | null =>
  chain.find((path) => !unfolded.has(path)) ?? null;

export function fold(
  layers: readonly LayerFacts[],
  unfolded: ReadonlySet<string>,
): { nodes: FoldedNode[]; edges: FoldedEdge[] } {
  const chains = modulesOf(layers);
  const keys = layers.map(({ id }, i) => {
    const module = foldOf(chains[i]!, unfolded);
    return module === null ? `n${id}` : `m${module}`;
  });
  const nodes = new Map<string, FoldedNode & { members: number[] }>();
  layers.forEach(({ id }, i) => {
    const key = keys[i]!;
    const known = nodes.get(key);
    if (known) known.members.push(id);
    else
      nodes.set(key, {
        key,
        members: [id],
        module: foldOf(chains[i]!, unfolded),
        around: aroundOf(chains[i]!, unfolded),
      });
  });
  return { nodes: [...nodes.values()], edges: edgesOf(layers, keys) };
}

/** The innermost module around a node that is unfolded. */
function aroundOf(chain: readonly string[], unfolded: ReadonlySet<string>): string | null {
  const until = chain.findIndex((path) => !unfolded.has(path));
  return chain.slice(0, until < 0 ? undefined : until).at(-1) ?? null;
}

function edgesOf(layers: readonly LayerFacts[], keys: readonly string[]): FoldedEdge[] {
  const edges = new Map<string, FoldedEdge>();
  layers.forEach(({ inputs }, i) => {
    for (const input of inputs) {
      const [from, to] = [keys[input]!, keys[i]!];
      if (from !== to) edges.set(`${from} ${to}`, { from, to });
    }
  });
  return [...edges.values()];
}

/** Modules that are unfolded so that about `most` nodes are seen, those near the root first. */
export function unfoldTo(layers: readonly LayerFacts[], most: number): Set<string> {
  const chains = modulesOf(layers);
  let unfolded = new Set<string>();
  const deepest = Math.max(0, ...chains.map(({ length }) => length));
  for (let depth = 1; depth <= deepest; depth++) {
    const next = new Set(chains.flatMap((chain) => chain.slice(0, depth)));
    if (fold(layers, next).nodes.length > most) break;
    unfolded = next;
  }
  return unfolded;
}

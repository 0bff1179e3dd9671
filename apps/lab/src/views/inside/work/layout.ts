// Where the nodes of a drawing stand: layers of the network from top to bottom. The arithmetic is dagre's.

import { Graph, layout } from '@dagrejs/dagre';
import type { LayerFacts } from './facts.ts';
import { type FoldedNode, fold } from './fold.ts';

export interface Placed extends FoldedNode {
  /** Of its middle. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Line {
  readonly from: string;
  readonly to: string;
  /** An SVG path. */
  readonly path: string;
}

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly Placed[];
  readonly lines: readonly Line[];
}

export const nodeHeight = 40;
const margin = 12;

export function layOut({
  layers,
  unfolded,
}: {
  layers: readonly LayerFacts[];
  unfolded: readonly string[];
}): Drawing {
  const { nodes, edges } = fold(layers, new Set(unfolded));
  const graph = new Graph({ directed: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 20, ranksep: 26, edgesep: 12, marginx: margin, marginy: margin });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(node.key, { width: widthOf(node, layers), height: nodeHeight });
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  const placed = nodes.map((node) => ({ ...node, ...box(graph.node(node.key)) }));
  const lines = edges.map(({ from, to }) => ({ from, to, path: curve(graph.edge(from, to).points ?? []) }));
  const { width = 0, height = 0 } = graph.graph();
  return { width, height, nodes: placed, lines };
}

const box = ({ x = 0, y = 0, width, height }: { x?: number; y?: number; width: number; height: number }) => ({
  x,
  y,
  width,
  height,
});

/** Room for the longer of the two lines of a node. */
function widthOf({ module, members }: FoldedNode, layers: readonly LayerFacts[]): number {
  const layer = layers[members.at(-1) ?? 0]!;
  const first = module ?? layer.type;
  const second = module ? `${members.length} layers, folded` : layer.name;
  const shape = layer.shape?.slice(1).join('×') ?? '';
  return Math.min(
    260,
    Math.max(120, 30 + Math.max(7.3 * first.length + 6.4 * shape.length + 8, 6 * second.length)),
  );
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A line through points that is vertical at its ends and smooth between. */
function curve(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let at = first;
  const parts = rest.map((to) => {
    const middle = (at.y + to.y) / 2;
    const part = `C${r(at.x)} ${r(middle)} ${r(to.x)} ${r(middle)} ${r(to.x)} ${r(to.y)}`;
    at = to;
    return part;
  });
  return `M${r(first.x)} ${r(first.y)}${parts.join('')}`;
}

const r = (value: number): number => Math.round(10 * value) / 10;

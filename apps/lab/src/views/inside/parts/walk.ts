// Where the keys lead in a drawing, what stands around its nodes, and how much text fits into one.

import type { Drawing, Placed } from '../work/layout.ts';

/** Along the lines, to whichever end is nearest. */
function along({ nodes }: Drawing, keys: readonly string[], now: Placed): Placed | undefined {
  return nodes
    .filter(({ key }) => keys.includes(key))
    .sort((a, b) => Math.abs(a.x - now.x) - Math.abs(b.x - now.x))[0];
}

/** In the same row, on one side. */
function beside({ nodes }: Drawing, side: 1 | -1, now: Placed): Placed | undefined {
  return nodes
    .filter(({ x, y }) => Math.sign(x - now.x) === side && Math.abs(y - now.y) < now.height)
    .sort((a, b) => Math.abs(a.x - now.x) - Math.abs(b.x - now.x))[0];
}

/** The node that a key leads to from the one at `here`; undefined for other keys, and where there is none. */
export function neighbour(drawing: Drawing, here: string, key: string): Placed | undefined {
  const { nodes, lines } = drawing;
  const now = nodes.find((node) => node.key === here) ?? nodes[0];
  if (!now) return undefined;
  switch (key) {
    case 'ArrowDown':
      return along(
        drawing,
        lines.filter(({ from }) => from === here).map(({ to }) => to),
        now,
      );
    case 'ArrowUp':
      return along(
        drawing,
        lines.filter(({ to }) => to === here).map(({ from }) => from),
        now,
      );
    case 'ArrowLeft':
      return beside(drawing, -1, now);
    case 'ArrowRight':
      return beside(drawing, 1, now);
    case 'Home':
      return nodes[0];
    case 'End':
      return nodes.at(-1);
    default:
      return undefined;
  }
}

export interface Ground {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Around the nodes of an unfolded module. */
const margin = 8;

/** Modules that are unfolded, as grounds behind their nodes. */
export function groundsOf(nodes: readonly Placed[]): [module: string, Ground][] {
  const grounds = new Map<string, Ground>();
  for (const { around, x, y, width, height } of nodes) {
    if (around === null) continue;
    const old = grounds.get(around) ?? { left: x, top: y, right: x, bottom: y };
    grounds.set(around, {
      left: Math.min(old.left, x - width / 2 - margin),
      top: Math.min(old.top, y - height / 2 - margin),
      right: Math.max(old.right, x + width / 2 + margin),
      bottom: Math.max(old.bottom, y + height / 2 + margin),
    });
  }
  return [...grounds];
}

/** A text for so many units of the drawing. */
export function cut(text: string, width: number): string {
  const room = Math.max(4, Math.floor(width / 6.4));
  return text.length > room ? `${text.slice(0, room - 1)}…` : text;
}

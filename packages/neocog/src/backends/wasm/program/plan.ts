// What a graph needs to run on an engine: steps chosen within an allowance of memory, addresses, routines.

import type { Graph, GraphValue } from '../../graph.ts';
import type { Measured } from '../../tuning.ts';
import type { Engine } from '../engine.ts';
import type { Address, MachineCode, MachineStep } from '../machine/index.ts';
import type { Room } from './arrays.ts';
import { Chooser, type Limits, type Offers } from './choose.ts';
import { type Constants, preparedRoom, type TakenConstants } from './constants.ts';
import { type Layout, layOut } from './layout.ts';
import { lower } from './lower.ts';
import type { Lowered, Preparation } from './lowering.ts';
import { type Segment, segmentsOf } from './stops.ts';

/** A program may take this many times its weights and the two largest values. */
const allowance = 1.3;

/** Where many values live at once, the most modest choices take more than that: as much of these is allowed. */
const modestAllowance = 1.1;

/** Below this many bytes memory is not worth a slower algorithm: Winograd's weights for a layer of 256 channels fit. */
const smallProgram = 8 * 2 ** 20;

export interface GraphPlan {
  readonly lowered: Lowered;
  readonly layout: Layout;
  /** Those of `lowered` whose weights are not there already. */
  readonly preparations: readonly Preparation[];
  /** A routine for each segment, and for each preparation one named by `prepareRoutine`. */
  readonly code: MachineCode;
  /** One, `run`, unless several ranks exchange arrays in between. */
  readonly segments: readonly Segment[];
  /** The address of a room; from the base for a temporary one of a program that shares its memory. */
  readonly place: (room: Room) => number;
  /** What a program that shares its memory has taken of the constants there; else null. */
  readonly taken: TakenConstants | null;
}

/** The routine that makes kernels' weights of those that lie in the source room of preparation `i`. */
export const prepareRoutine = (i: number): string => `prepare${i}`;

/** @param measured by which algorithms are chosen; null for estimates */
export const planGraph = (
  graph: Graph,
  e: Engine,
  limits: Limits,
  measured: Measured | null = null,
): GraphPlan => planLowered(lowerWithinBounds(graph, e, limits, { measured }).lowered);

/** @param constants of the memory that the program shares with others */
export function planLowered(lowered: Lowered, constants?: Constants): GraphPlan {
  const taken = constants?.take(lowered) ?? null;
  const preparations = lowered.preparations.filter((p) => !taken || taken.fresh.has(preparedRoom(p)));
  const layout = layOut({ ...lowered, preparations }, taken?.addresses);
  const place = (room: Room): number => layout.addresses.get(room) as number;
  const addressOf = (room: Room, before = 0): Address => {
    if (room.grows) return 'tail';
    const at = place(room) - before;
    return taken && !room.lasting ? { beyond: at } : at;
  };
  const segments = segmentsOf(lowered.stops, lowered.steps.length);
  const routines: Record<string, readonly MachineStep[]> = Object.fromEntries(
    segments.map(({ routine, from, to }) => [
      routine,
      lowered.steps
        .slice(from, to)
        .map(({ kernel, rooms }) => ({ kernel, addresses: rooms.map((room) => addressOf(room)) })),
    ]),
  );
  preparations.forEach((preparation, i) => {
    routines[prepareRoutine(i)] = preparationSteps(preparation, addressOf);
  });
  const code = { routines, dataBytes: layout.end, grows: lowered.frames.length > 0, floats: taken !== null };
  return { lowered, layout, preparations, code, segments, place, taken };
}

/** Of a part of an array, kernels are told where the whole would begin. */
function preparationSteps(
  { steps, source, part }: Preparation,
  addressOf: (room: Room, before?: number) => Address,
): MachineStep[] {
  const before = (part?.start ?? 0) * 4;
  return steps.map(({ kernel, rooms }) => ({
    kernel,
    addresses: rooms.map((room) => addressOf(room, room === source ? before : 0)),
    units: part,
  }));
}

/** What choices follow, and offers that are known from an earlier lowering. */
interface Known {
  readonly measured: Measured | null;
  readonly offers?: Offers;
}

/** Gives up transformed weights until the program fits its allowance, cheapest first. */
export function lowerWithinBounds(
  graph: Graph,
  e: Engine,
  limits: Limits,
  known: Known,
): { lowered: Lowered; chooser: Chooser } {
  const lowerBy = (chooser: Chooser): Lowered => lower(graph, e, chooser, true);
  const fastest = new Chooser(limits, known);
  let [chooser, lowered] = [fastest, lowerBy(fastest)];
  const modestBytes = (): number => {
    const modest = fastest.cheaper(Number.POSITIVE_INFINITY);
    return modest ? bytesOf(lowerBy(modest)) : Number.POSITIVE_INFINITY;
  };
  const limit = Math.max(smallProgram, limitOf(graph, bytesOf(lowered), modestBytes));
  for (;;) {
    const bytes = bytesOf(lowered);
    const next = bytes > limit ? chooser.cheaper(bytes - limit) : null;
    if (!next) return { lowered, chooser };
    chooser = next;
    lowered = lowerBy(chooser);
  }
}

function bytesOf(lowered: Lowered): number {
  const scratch = lowered.steps.reduce((most, step) => Math.max(most, step.kernel.scratchBytes), 0);
  return layOut(lowered).end + scratch;
}

/**
 * The allowance in bytes, where the fastest choices take `fastest`. A training step keeps its activations for the way back: there
 * the measure is what the step takes with the most modest choices.
 */
function limitOf(graph: Graph, fastest: number, modestBytes: () => number): number {
  if (graph.updates.length > 0) return allowance * modestBytes();
  const usual = allowance * leastBytes(graph);
  return fastest <= usual ? usual : Math.max(usual, modestAllowance * modestBytes());
}

/** Weights and other constants as they are, and the two largest values. */
export function leastBytes(graph: Graph): number {
  const values = new Set(graph.nodes.flatMap((node) => [...node.inputs, ...node.outputs]));
  const lasts = ({ source }: GraphValue): boolean => source === 'constant' || source === 'state';
  const kept = [...values].filter(lasts);
  const computed = [...values].filter((value) => !lasts(value)).map((value) => value.size);
  const [first = 0, second = 0] = computed.sort((a, b) => b - a);
  return 4 * (kept.reduce((sum, value) => sum + value.size, 0) + first + second);
}

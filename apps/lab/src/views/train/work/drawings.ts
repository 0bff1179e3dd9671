// The visitor's drawings as a set of pictures.

import { stratifiedSplit } from 'neocog';
import type { DrawnClass } from './facts.ts';
import { countsOf, labelled } from './labelled.ts';
import { type DataSet, statisticsOf } from './set.ts';

const side = 28;
/** Fewer drawings of a class are all learnt from. */
const enough = 5;

/** @throws Error in words where there is too little to tell apart */
export async function drawnSet(classes: readonly DrawnClass[]): Promise<DataSet> {
  const lacking = classes.find(({ pictures }) => pictures.length === 0);
  if (classes.length < 2) throw new Error('There is one class; a network tells at least two apart. Add one.');
  if (lacking) throw new Error(`The class ${lacking.name} has no drawing; draw one, or remove the class.`);
  const items = classes.flatMap(({ pictures }, label) =>
    pictures.map((bytes, i) => ({ bytes, label, name: `${label}/${i}` })),
  );
  const split = Math.min(...classes.map(({ pictures }) => pictures.length)) >= enough ? 0.2 : 0;
  const labels = items.map(({ label }) => label);
  const places = stratifiedSplit(
    items.map(({ name }) => name),
    labels,
    { split },
  );
  const format = { channels: 1, side };
  const part = (chosen: readonly number[]) =>
    labelled(
      chosen.flatMap((i) => items[i] ?? []),
      format,
    );
  const train = part(places.train);
  const facts = {
    ...{ kind: 'drawings' as const, classes: classes.map(({ name }) => name), ...format },
    ...{ counts: countsOf(train, classes.length), held: places.validation.length, broken: [], passedOver: 0 },
  };
  const held = places.validation.length > 0 ? part(places.validation) : null;
  return { facts, train, held, ...(await statisticsOf(train)) };
}

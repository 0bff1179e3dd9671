// The tables of docs/tensorflow.md name what is read, all of it and nothing else.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { activationNames } from '../keras/activations.ts';
import { layerNames } from '../keras/layers.ts';
import { graphOperators } from './operators/index.ts';

const text = readFileSync(new URL('../../../../docs/tensorflow.md', import.meta.url), 'utf8');

/** The code words of the first column of a section's table. */
function tableOf(heading: string): string[] {
  const section = text.split(/^## /m).find((part) => part.startsWith(heading))!;
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.flatMap((row) => [...row.split('|')[1].matchAll(/`([^`]+)`/g)].map(([, name]) => name)).sort();
}

it('lists every layer', () => {
  expect(tableOf('Layers\n')).toEqual([...layerNames].sort());
});

it('lists every operator', () => {
  expect(tableOf('Operators')).toEqual(Object.keys(graphOperators).sort());
});

it('lists every activation', () => {
  const list = /^Activations: ([^.]*)\./m.exec(text)![1];
  const listed = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  expect(listed.sort()).toEqual([...activationNames].sort());
});

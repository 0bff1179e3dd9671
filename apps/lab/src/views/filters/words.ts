// Names of filters and padding modes as the visitor reads them.

import { filters } from 'neocog';
import { photos } from '../../work/pictures.ts';
import { own } from './chain.ts';

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `gaussianBlur` as `Gaussian blur`. */
function spelled(name: string): string {
  const words = name.replace(/([A-Z])/g, ' $1').toLowerCase();
  const said = words.replace(
    /\b(gaussian|sobel|scharr|prewitt|gabor)\b/g,
    (who) => who[0]!.toUpperCase() + who.slice(1),
  );
  return said[0]!.toUpperCase() + said.slice(1);
}

export const nameOf = (name: string): string => (name === own ? 'Your own matrix' : spelled(name));

export const filterNames = [...filters.catalogue.map(({ name }) => name), own].map((value) => ({
  value,
  name: nameOf(value),
}));

export const paddings = [
  { value: 'replicate', name: 'the nearest pixel' },
  { value: 'zeros', name: 'black' },
  { value: 'reflect', name: 'a mirror at the last pixel' },
  { value: 'symmetric', name: 'a mirror behind the last pixel' },
  { value: 'circular', name: 'the other side' },
] as const;

export type Padding = (typeof paddings)[number]['value'];

export type Photo = (typeof photos)[number]['id'];

export const samples = photos.map(({ id, name }) => ({ value: id, name: capitalised(name) }));

// The settings of a view as reactive state that the address holds.

import { untrack } from 'svelte';
import { address } from './address.svelte.ts';
import { type QueryFields, readQuery, writeQuery } from './query.ts';

/**
 * Settings that follow the address and that the address follows. For the script of a component: it lives as long as that.
 *
 * @example const settings = addressState({ kernel: wholeField(3, 1, 9) }); settings.kernel = 5; // #/layer?kernel=5
 */
export function addressState<S extends object>(fields: QueryFields<S>): S {
  const settings = $state(readQuery(fields, address.query)) as S;
  let seen = address.arrivals;
  $effect.pre(() => {
    if (address.arrivals === seen) return;
    seen = address.arrivals;
    untrack(() => Object.assign(settings, readQuery(fields, address.query)));
  });
  $effect(() => {
    const query = writeQuery(fields, settings);
    untrack(() => {
      if (query.toString() !== address.query.toString()) address.replace(query);
    });
  });
  $effect(() => () => address.flush());
  return settings;
}

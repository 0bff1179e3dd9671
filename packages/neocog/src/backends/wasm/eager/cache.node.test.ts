// What the cache of eager operations keeps, and in what order it gives up: the least recently used goes first.

import { describe, expect, it } from 'vitest';
import { Cache } from './cache.ts';

/** A cache and the keys for which something was made, in order. */
function counted(limit: number) {
  const cache = new Cache<string>(limit);
  const made: string[] = [];
  const get = (key: string): string =>
    cache.get(key, () => {
      made.push(key);
      return `${key}${made.length}`;
    });
  return { get, made };
}

describe('a cache of three', () => {
  it('makes each entry once', () => {
    const { get, made } = counted(3);
    expect(['a', 'b', 'c', 'c', 'b', 'a'].map(get)).toEqual(['a1', 'b2', 'c3', 'c3', 'b2', 'a1']);
    expect(made).toEqual(['a', 'b', 'c']);
  });

  it('gives up the entry that was used longest ago, not the one made first', () => {
    const { get, made } = counted(3);
    for (const key of ['a', 'b', 'c', 'a', 'd']) get(key);
    for (const key of ['a', 'c', 'd']) get(key);
    expect(made).toEqual(['a', 'b', 'c', 'd']);
    get('b');
    expect(made).toEqual(['a', 'b', 'c', 'd', 'b']);
    // Used last: b, d, c. So a is gone.
    for (const key of ['b', 'd', 'c']) get(key);
    expect(made).toEqual(['a', 'b', 'c', 'd', 'b']);
    get('a');
    expect(made).toEqual(['a', 'b', 'c', 'd', 'b', 'a']);
  });

  it('holds three, no fewer and no more', () => {
    const { get, made } = counted(3);
    for (let round = 0; round < 3; round++) for (const key of ['a', 'b', 'c']) get(key);
    expect(made.length).toBe(3);
    // Four in turn: each is gone when it comes again.
    for (let round = 0; round < 2; round++) for (const key of ['a', 'b', 'c', 'd']) get(key);
    expect(made).toEqual(['a', 'b', 'c', 'd', 'a', 'b', 'c', 'd']);
  });

  it('keeps entries that are nothing', () => {
    const cache = new Cache<number>(3);
    let made = 0;
    for (let i = 0; i < 3; i++) expect(cache.get('zero', () => 0 * ++made)).toBe(0);
    expect(made).toBe(1);
  });
});

// Programs in a cache of the browser (Cache API), which belongs to the page's origin. Programs beyond the most are removed, those that
// were written first.

import { mostKept, type ProgramStore } from './store.ts';

/** Never fetched: names of a cache are addresses. */
const addressOf = (key: string): string => `https://neocog.invalid/${key}`;

async function* piecesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const reader = body.getReader();
  try {
    for (let { value } = await reader.read(); value; { value } = await reader.read()) yield value;
  } finally {
    await reader.cancel();
  }
}

export function browserStore(name: string): ProgramStore {
  // Opened while the name of the program is made; whoever needs it hears of a failure.
  const opening = globalThis.caches.open(name);
  opening.catch(() => {});
  return {
    async get(key) {
      const response = await (await opening).match(addressOf(key));
      return response?.body ? piecesOf(response.body) : undefined;
    },
    async set(key, bytes) {
      const cache = await opening;
      await cache.put(addressOf(key), new Response(bytes as Uint8Array<ArrayBuffer>));
      const kept = (await cache.keys()).filter(({ url }) => url.startsWith(addressOf('')));
      for (const request of kept.slice(0, -mostKept)) await cache.delete(request);
    },
  };
}

// The service worker: keeps the built files, so that the Lab works offline after the first visit, and adds the headers that
// isolate a page on hosts that cannot send them. A new version waits until no page of the old one is open.
// The build puts `version` and `files` in place of this import.
import { files, version } from './facts.js';

const worker = /** @type {ServiceWorkerGlobalScope & typeof globalThis} */ (
  /** @type {unknown} */ (globalThis)
);
const cacheName = `lab ${worker.registration.scope} ${version}`;
const page = new URL('index.html', worker.registration.scope).href;

worker.addEventListener('install', (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(files)));
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(removeOthers().then(() => worker.clients.claim()));
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const isOurs = request.method === 'GET' && request.url.startsWith(worker.registration.scope);
  if (isOurs) event.respondWith(answer(request).then(isolated));
});

async function removeOthers() {
  const names = await caches.keys();
  const old = names.filter(
    (name) => name.startsWith(`lab ${worker.registration.scope} `) && name !== cacheName,
  );
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** @param {Request} request */
async function answer(request) {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(request.mode === 'navigate' ? page : request, { ignoreSearch: true });
  if (kept) return kept;
  const response = await fetch(request);
  // Part of a file would be taken for the whole.
  if (response.status === 200) await cache.put(request, response.clone());
  return response;
}

/** @param {Response} response */
function isolated(response) {
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  const { status, statusText } = response;
  return new Response(status === 204 || status === 304 ? null : response.body, {
    status,
    statusText,
    headers,
  });
}

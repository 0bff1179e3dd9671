// A plain server of the bundles and the files: scripts and WebAssembly compressed by Brotli, as hosts send them, and every byte
// counted.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

/** @type {Record<string, string>} */
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** By file, size and time: each network's files have the names of the last one's. @type {Map<string, Buffer>} */
const compressed = new Map();

/** @param {string} file */
function bodyOf(file) {
  const { size, mtimeMs } = statSync(file);
  const key = `${file} ${size} ${mtimeMs}`;
  const known = compressed.get(key);
  if (known) return known;
  const bytes = readFileSync(file);
  const level = { params: { [constants.BROTLI_PARAM_QUALITY]: bytes.length > 2 ** 20 ? 9 : 11 } };
  const body = types[extname(file)] ? brotliCompressSync(bytes, level) : bytes;
  compressed.set(key, body);
  return body;
}

/**
 * Serves the first of the folders that has a file. `sent` counts bytes.
 *
 * @param {Record<string, string[]>} folders by the beginning of the path @param {boolean} isolated
 */
export async function serve(folders, isolated) {
  const count = { sent: 0 };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://x');
    const [start, places] = Object.entries(folders).find(([start]) => pathname.startsWith(start)) ?? ['', []];
    const file = places
      .map((place) => join(place, pathname.slice(start.length)))
      .find((path) => existsSync(path));
    if (!file) return void response.writeHead(pathname === '/favicon.ico' ? 204 : 404).end();
    const body = bodyOf(file);
    const type = types[extname(file)];
    count.sent += body.length;
    response.writeHead(200, {
      'Content-Type': type ?? 'application/octet-stream',
      'Cache-Control': 'max-age=3600',
      ...(type && { 'Content-Encoding': 'br' }),
      ...(isolated && isolation),
    });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}`, count, close: () => server.close() };
}

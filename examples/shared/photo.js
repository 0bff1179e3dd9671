// Photographs in, annotated PNGs out, for the examples of pre-trained networks. Reading and writing is sharp's work.

import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { tensor } from 'neocog';
import sharp from 'sharp';

/**
 * A photograph as a tensor `[1, height, width, 3]` of 0 … 255, red first, stretched to `width` and `height` where given.
 *
 * @param {string} path
 * @param {{ width?: number, height?: number, crop?: { left: number, top: number, width: number, height: number } }} [options]
 */
export async function readPhoto(path, { width, height, crop } = {}) {
  const photo = sharp(path).removeAlpha().toColourspace('srgb');
  if (crop) photo.extract(crop);
  if (width && height) photo.resize(width, height, { fit: 'fill' });
  const { data, info } = await photo.raw().toBuffer({ resolveWithObject: true });
  return tensor(Float32Array.from(data), [1, info.height, info.width, 3]);
}

/** Width and height in pixels. @param {string} path */
export async function photoSize(path) {
  const { width, height } = await sharp(path).metadata();
  return { width, height };
}

/**
 * Writes the photograph with shapes drawn over it, and says where.
 *
 * @param {string} path
 * @param {string[]} shapes elements of SVG, in pixels of the photograph
 * @param {string} out
 */
export async function drawOver(path, shapes, out) {
  const { width, height } = await photoSize(path);
  await savePng(sharp(path).composite([{ input: svg(width, height, shapes) }]), out);
}

/** Writes shapes on white as PNG. @param {{ width: number, height: number }} size @param {string[]} shapes @param {string} out */
export async function drawPicture({ width, height }, shapes, out) {
  await savePng(
    sharp(svg(width, height, ['<rect width="100%" height="100%" fill="white"/>', ...shapes])),
    out,
  );
}

/** Pixels `[1, height, width, 3]` of 0 … 255 as PNG bytes. @param {import('neocog').Tensor} pixels */
export function toPng({ data, shape: [, height, width] }) {
  return sharp(Uint8ClampedArray.from(data), { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** An element of SVG that shows PNG bytes. @param {Uint8Array} png @param {[x: number, y: number, width: number, height: number]} box */
export function image(png, [x, y, width, height]) {
  const href = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  return `<image x="${x}" y="${y}" width="${width}" height="${height}" image-rendering="optimizeSpeed" href="${href}"/>`;
}

/** @param {number} x @param {number} y @param {string} content */
export function text(x, y, content, { size = 14, colour = '#222', anchor = 'start' } = {}) {
  const safe = content.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<text x="${x}" y="${y}" font-family="sans-serif" font-size="${size}" fill="${colour}" text-anchor="${anchor}">${safe}</text>`;
}

const svg = (/** @type {number} */ width, /** @type {number} */ height, /** @type {string[]} */ shapes) =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes.join('')}</svg>`,
  );

/** @param {import('sharp').Sharp} picture @param {string} out */
async function savePng(picture, out) {
  await mkdir(dirname(resolve(out)), { recursive: true });
  await picture.png({ palette: true, colours: 128 }).toFile(out);
  console.log(`picture: ${out}`);
}

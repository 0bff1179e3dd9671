// Pictures as SVG, put together from text, lines, rectangles and small images of pixels. Coordinates are pixels from the
// top left corner.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import sharp from 'sharp';

const escapeText = (text) =>
  String(text).replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign]);

export class Picture {
  #parts = [];

  /** `title` is its heading, and what is read out in its place. */
  constructor(width, height, title) {
    Object.assign(this, { width, height, title });
    this.text(20, 30, title, { size: 20, weight: 600 });
  }

  text(x, y, text, { size = 13, anchor = 'start', colour = '#222', weight = 400, turn = 0 } = {}) {
    const turned = turn ? ` transform="rotate(${turn} ${x} ${y})"` : '';
    this.#parts.push(
      `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${colour}" text-anchor="${anchor}"${turned}>${escapeText(text)}</text>`,
    );
  }

  rect(x, y, width, height, colour) {
    this.#parts.push(`<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${colour}"/>`);
  }

  /** A line through points `[x, y]`. */
  line(points, { colour = '#222', width = 1.5, dash = '' } = {}) {
    const path = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
    this.#parts.push(
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-dasharray="${dash}" stroke-linejoin="round"/>`,
    );
  }

  /** Bytes, `channels` for each pixel (1 is grey, 3 is red, green, blue), stretched over a rectangle with hard edges. */
  async pixels([x, y, width, height], { data, columns, rows, channels = 1 }) {
    const png = await sharp(data, { raw: { width: columns, height: rows, channels } })
      .png({ palette: true })
      .toBuffer();
    this.#parts.push(
      `<image x="${x}" y="${y}" width="${width}" height="${height}" preserveAspectRatio="none" ` +
        `style="image-rendering:pixelated" href="data:image/png;base64,${png.toString('base64')}"/>`,
    );
  }

  /** How many of class t (rows) were taken for class p (columns), darker for a larger share of the row. */
  confusion(x, y, size, counts, labels) {
    const cell = size / counts.length;
    const small = Math.min(12, cell * 0.8);
    this.rect(x, y, size, size, '#f8f9fa');
    counts.forEach((row, t) => {
      const total = row.reduce((a, b) => a + b, 0) || 1;
      row.forEach((count, p) => {
        if (count === 0) return;
        const share = count / total;
        const shade = Math.round(255 * (1 - Math.sqrt(share)));
        const colour =
          t === p ? `rgb(${shade},${Math.round((shade + 255) / 2)},${shade})` : `rgb(255,${shade},${shade})`;
        this.rect(
          (x + p * cell).toFixed(1),
          (y + t * cell).toFixed(1),
          (cell - 1).toFixed(1),
          (cell - 1).toFixed(1),
          colour,
        );
        if (cell >= 22) {
          const middle = [x + (p + 0.5) * cell, y + (t + 0.5) * cell + 4];
          this.text(...middle, count, { size: 10, anchor: 'middle' });
        }
      });
      this.text(x - 6, y + (t + 0.5) * cell + small / 3, labels[t], { size: small, anchor: 'end' });
      const foot = [x + (t + 0.5) * cell + small / 3, y + size + 6];
      this.text(...foot, labels[t], { size: small, anchor: 'end', turn: -90 });
    });
  }

  /** Writes the picture and says where. */
  async save(path) {
    const frame = `xmlns="http://www.w3.org/2000/svg" width="${this.width}" height="${this.height}" font-family="system-ui, sans-serif"`;
    const view = `viewBox="0 0 ${this.width} ${this.height}"`;
    const ground = `<rect width="100%" height="100%" fill="white"/>`;
    await mkdir(dirname(resolve(path)), { recursive: true });
    await writeFile(
      path,
      `<svg ${frame} ${view}>\n<title>${escapeText(this.title)}</title>\n${ground}\n${this.#parts.join('\n')}\n</svg>\n`,
    );
    console.log(`picture: ${path}`);
  }
}

// Frames as a camera gives them, straight into a network: the program resizes and normalises them itself. Three frames of different
// sizes show the same disc; the network finds its centre, and never sees a tensor of ours.
//
//   npm run build && node examples/frames.js

import { availableParallelism } from 'node:os';
import { compile, div, mul, nn, slice, sum, tensor } from 'neocog';

const [height, width] = [60, 80];

/** The centre of what is red: the mean place of pixels, each with its redness as weight. */
class RedCentre extends nn.NamedModule {
  inputs = /** @type {const} */ ([{ name: 'image', shape: [1, 3, height, width], dtype: 'float32' }]);
  outputs = /** @type {const} */ ([
    { name: 'x', shape: [1], dtype: 'float32' },
    { name: 'y', shape: [1], dtype: 'float32' },
  ]);
  across = tensor(Array.from({ length: width }, (_, x) => (x + 0.5) / width));
  down = tensor(
    Array.from({ length: height }, (_, y) => (y + 0.5) / height),
    [height, 1],
  );

  /** @param {import('neocog').nn.NamedTensors} inputs */
  run({ image }) {
    const red = slice(image, { start: [0, 0, 0, 0], end: [1, 1, height, width] });
    const all = sum(red, { axis: [1, 2, 3] });
    const centre = (/** @type {import('neocog').Tensor} */ places) =>
      div(sum(mul(red, places), { axis: [1, 2, 3] }), all);
    return { x: centre(this.across), y: centre(this.down) };
  }
}

/**
 * A red disc on black, its centre at 3/4 of the width and 1/4 of the height.
 *
 * @param {number} columns
 * @param {number} rows
 */
function frameOf(columns, rows) {
  const data = new Uint8ClampedArray(columns * rows * 4);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const inside = Math.hypot((x + 0.5) / columns - 0.75, (y + 0.5) / rows - 0.25) < 0.1;
      data.set([inside ? 255 : 0, 0, 0, 255], (y * columns + x) * 4);
    }
  return { data, width: columns, height: rows };
}

const program = await compile(new RedCentre(), {
  threads: availableParallelism(),
  pixels: { image: { fit: 'stretch' } },
});
for (const frame of [frameOf(1280, 720), frameOf(640, 480), frameOf(80, 60)]) {
  await program.run({ image: frame });
  const start = performance.now();
  const { x, y } = await program.run({ image: frame });
  const milliseconds = performance.now() - start;
  console.log(
    `${frame.width} × ${frame.height}: centre at ${x.item().toFixed(3)}, ${y.item().toFixed(3)} in ${milliseconds.toFixed(2)} ms`,
  );
}
console.log(program.explain().steps[0].description);
program.dispose();

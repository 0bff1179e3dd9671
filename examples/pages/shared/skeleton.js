// The seventeen points of a body on a canvas.

// Nose 0, eyes, ears, shoulders 5 and 6, elbows, wrists, hips 11 and 12, knees, ankles.
const bones = '0-1 0-2 1-3 2-4 5-6 5-7 7-9 6-8 8-10 5-11 6-12 11-12 11-13 13-15 12-14 14-16'
  .split(' ')
  .map((pair) => pair.split('-').map(Number));

/** @param {HTMLCanvasElement} canvas @param {Float32Array} points [down, across, how sure] of each, places as shares of the canvas */
export function drawSkeleton(canvas, points) {
  const { width, height } = canvas;
  const context = canvas.getContext('2d');
  context.clearRect(0, 0, width, height);
  Object.assign(context, {
    lineWidth: width / 160,
    lineCap: 'round',
    strokeStyle: '#7fb0ff',
    fillStyle: '#fff',
  });
  const isSure = (i) => points[3 * i + 2] > 0.3;
  const place = (i) => [points[3 * i + 1] * width, points[3 * i] * height];
  for (const [a, b] of bones.filter((ends) => ends.every(isSure))) {
    context.beginPath();
    context.moveTo(...place(a));
    context.lineTo(...place(b));
    context.stroke();
  }
  for (let i = 0; 3 * i < points.length; i++)
    if (isSure(i)) context.fillRect(...place(i).map((at) => at - width / 200), width / 100, width / 100);
}

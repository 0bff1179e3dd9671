// Seventeen points of a body in every frame of a camera. The network runs in a worker, so the page stays free: it hands over a frame
// when the last one is answered, and draws what was found.

import { onCamera } from '../shared/camera.js';
import { drawSkeleton } from '../shared/skeleton.js';
import { attempt, say } from '../shared/status.js';

const video = document.querySelector('video');
const canvas = document.querySelector('canvas');
const [rate, time] = document.querySelectorAll('dd');

const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
const times = [];

worker.onmessage = ({ data: { ready, error, points, milliseconds } }) =>
  attempt(() => {
    if (error) throw new Error(error);
    if (ready) return say(ready);
    if (!video.srcObject) return canvas.getContext('2d').clearRect(0, 0, canvas.width, canvas.height);
    drawSkeleton(canvas, points);
    time.textContent = `${milliseconds.toFixed(1)} ms`;
    times.push(performance.now());
    if (times.length > 30) times.shift();
    if (times.length > 1)
      rate.textContent = `${Math.round((1000 * (times.length - 1)) / (times.at(-1) - times[0]))} a second`;
    video.requestVideoFrameCallback(handOver);
  });

onCamera(video, () => {
  Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight, hidden: false });
  times.length = 0;
  video.requestVideoFrameCallback(handOver);
});

function handOver() {
  if (!video.srcObject) return;
  const frame = new VideoFrame(video);
  worker.postMessage(frame, [frame]);
}

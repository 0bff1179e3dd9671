// A camera, shown in a <video>, with the buttons that start and stop it. What goes wrong becomes a sentence for the visitor.

import { attempt } from './status.js';

const reasons = {
  NotAllowedError: 'The camera may not be used. Allow it in the address bar, then start again.',
  NotFoundError: 'No camera was found. Connect one, then start again.',
  NotReadableError: 'The camera is in use by another program. Close it there, then start again.',
};

async function openCamera(video) {
  if (!navigator.mediaDevices)
    throw new Error('Browsers give cameras to pages over https or on localhost only. Open this page there.');
  const wanted = { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: 'user' };
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: wanted }).catch((error) => {
    throw new Error(reasons[error.name] ?? `The camera does not start: ${error.message}`, { cause: error });
  });
  await video.play();
}

/**
 * @param {HTMLVideoElement} video
 * @param {() => unknown} run is called when the camera runs
 * @returns {() => void} gives the camera back, as the button does
 */
export function onCamera(video, run) {
  const [start, stop] = ['#start', '#stop'].map((id) => document.querySelector(id));
  const show = (isOn) => {
    const hadFocus = [start, stop].includes(document.activeElement);
    [start.hidden, stop.hidden] = [isOn, !isOn];
    if (hadFocus) (isOn ? stop : start).focus();
  };
  const close = () => {
    for (const track of video.srcObject?.getTracks() ?? []) track.stop();
    video.srcObject = null;
    show(false);
  };
  start.onclick = () =>
    attempt(async () => {
      await openCamera(video);
      video.srcObject.getTracks()[0].onended = close; // unplugged
      show(true);
      await run();
    });
  stop.onclick = close;
  return close;
}

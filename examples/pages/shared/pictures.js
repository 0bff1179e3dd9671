// Pictures that a visitor chooses, drops, pastes, or takes from the samples of the page.

import { attempt } from './status.js';

/**
 * @param {(image: HTMLImageElement) => unknown} use is given each picture, loaded
 */
export function onPicture(use) {
  const take = async (address) => {
    const image = Object.assign(new Image(), { src: address });
    await image.decode().catch(() => {
      throw new Error('This is no picture that the browser can read. Take a JPEG, PNG or WebP file.');
    });
    await use(image);
  };
  const takeFile = (file) => file && attempt(() => take(URL.createObjectURL(file)));
  const zone = document.querySelector('.drop');
  document.querySelector('#file').onchange = ({ target }) => takeFile(target.files[0]);
  for (const sample of document.querySelectorAll('.samples button'))
    sample.onclick = () => attempt(() => take(sample.querySelector('img').src));
  document.onpaste = ({ clipboardData }) => takeFile(clipboardData.files[0]);
  document.ondragover = (event) => {
    event.preventDefault();
    zone.classList.add('over');
  };
  document.ondragleave = () => zone.classList.remove('over');
  document.ondrop = (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    takeFile(event.dataTransfer.files[0]);
  };
}

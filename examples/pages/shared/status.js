// The line of a page that says what goes on, and what went wrong.

const line = document.querySelector('#status');

/** @param {string} text */
export function say(text) {
  line.classList.remove('wrong');
  line.textContent = text;
}

/** Carries out what a button asks for; what goes wrong is said. @param {() => unknown} work */
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    line.classList.add('wrong');
    line.textContent = error.message;
    console.debug(error);
  }
}

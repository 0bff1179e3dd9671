// TensorFlow.js in a page, in the place of engines/tf.js.

import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as core from '@tensorflow/tfjs-core';

export const tf = core;

// Its threads do not find their script in a bundle.
tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
setWasmPaths('/wasm/');
await tf.setBackend('wasm');
await tf.ready();

// neocog: a network of the library, its weights from a file, compiled in the page.

import { loadSafetensors } from '@neocog/formats';
import { compile, models, tensor } from 'neocog';
import { measure, sampleInput, shape, threads } from '../page.js';

void measure(async () => {
  const name = new URLSearchParams(location.search).get('network') ?? '';
  const net = models[name]();
  net.loadStateDict(await loadSafetensors('/files/weights.safetensors'));
  const program = await compile(net, { input: shape, threads });
  const x = tensor(sampleInput('channels-first'), shape);
  return async () => (await program.run(x)).data;
});

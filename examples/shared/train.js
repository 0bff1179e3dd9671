// What the training examples share: their command line, and compiled training with a rate that rises and falls once.

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { compile, compileTraining, configure, crossEntropy, fit, schedule } from 'neocog';

// 256-bit operations where V8 has them. The flag holds for the whole process, so that a library never sets it by itself.
configure({ wideSimd: 'auto' });

export const threads = Math.min(2, availableParallelism());

/** `--quick`, `--data FOLDER` and `-o PICTURE`. */
export function readOptions(name) {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      data: { type: 'string' },
      out: { type: 'string', short: 'o', default: `runs/${name}.svg` },
    },
  });
  return values;
}

/**
 * Trains `net` in compiled steps, and prints a line for each epoch; between them the terminal shows how far it is. Returns
 * the last epoch's report, with what `evaluate` says of `testing`.
 */
export async function train(net, training, testing, { epochs, optimizer, maxLr, loss = crossEntropy }) {
  const { x, y } = await firstBatch(training);
  const tested = (await firstBatch(testing)).x.shape;
  const target = { shape: y.shape, dtype: y.dtype };
  const trainer = await compileTraining(net, { input: x.shape, target, loss, optimizer, threads });
  const totalSteps = epochs * training.length;
  const rate = schedule.oneCycle({ maxLr, totalSteps, pctStart: 0.25 });
  const start = performance.now();
  const seconds = () => `${((performance.now() - start) / 1000).toFixed(0)} s`;
  const history = await fit(net, training, {
    epochs,
    optimizer,
    loss,
    trainer,
    learningRate: (progress) => rate(Math.round(progress * totalSteps)),
    validation: testing,
    compileValidation: () => compile(net, { input: tested, threads }),
    onBatch: ({ step, steps, loss: soFar }) => {
      if (process.stderr.isTTY)
        process.stderr.write(
          `\r${Math.floor((100 * step) / steps)} %  loss ${soFar.toFixed(4)}  ${seconds()} `,
        );
    },
    onEpoch: ({ epoch, loss: trained, validation }) => {
      if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
      const right = Number.isNaN(validation.accuracy) ? '' : `, ${percent(validation.accuracy)} right`;
      console.log(
        `epoch ${epoch}/${epochs}: loss ${trained.toFixed(4)}; test: loss ${validation.loss.toFixed(4)}${right}; ${seconds()}`,
      );
    },
  });
  trainer.dispose();
  net.eval();
  return history.epochs.at(-1);
}

/** Of a loader, whose epochs then begin anew. */
async function firstBatch(loader) {
  for await (const batch of loader) {
    loader.epoch = 0;
    return batch;
  }
}

export const percent = (share) => `${(100 * share).toFixed(2)} %`;

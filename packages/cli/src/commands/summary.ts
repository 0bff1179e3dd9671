// `neocog summary`: the table of a network's layers, without running it.

import type { Command } from 'commander';
import { formatSummary, init, summary } from 'neocog';
import { modelNames, needAxes, needModel } from '../networks.ts';
import { sizes } from '../options.ts';

interface SummaryWords {
  readonly input?: number[];
  readonly compareDense?: boolean;
  readonly json?: boolean;
}

/** Adds the command to the program. */
export function addSummary(program: Command): void {
  program
    .command('summary')
    .summary("print a network's layers, shapes, weights and work")
    .description(
      'Prints the layers of a network: output shapes, parameters, multiply-adds for one input, memory of outputs and ' +
        "parameters, and what a cell of the output sees of the input: how many cells, how far from one cell's field to " +
        "the next one's (jump), and where the first begins (start).",
    )
    .argument('<network>', modelNames.join(', '))
    .option('--input <sizes>', 'shape of the input with its batch, such as 1x3x224x224', sizes)
    .option('--compare-dense', 'add the parameters that dense layers would need instead')
    .option('--json', 'print the numbers as JSON')
    .action(printSummary);
}

function printSummary(name: string, { input, compareDense, json }: SummaryWords): void {
  const model = needModel(name);
  const shape = input ? needAxes(model.name, input, model.input) : model.input;
  const numbers = summary(
    init.skip(() => model.build()),
    [...shape],
  );
  const text = json
    ? JSON.stringify(numbers, null, 2)
    : `${model.name}\n\n${formatSummary(numbers, { compareDense })}`;
  process.stdout.write(`${text}\n`);
}

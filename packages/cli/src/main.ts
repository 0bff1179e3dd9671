// From command line to exit code: assembles the commands, and turns whatever they throw into one sentence.
// Exit codes: 0 done, 1 refused or failed, 130 ended by Ctrl-C.

import { Command, CommanderError, Option } from 'commander';
import { configure, NeocogError, type WideSimd } from 'neocog';
import { addBatch } from './commands/batch.ts';
import { addBench } from './commands/bench.ts';
import { addBuild } from './commands/build.ts';
import { addConvert } from './commands/convert.ts';
import { addEvaluate } from './commands/evaluate.ts';
import { addExplain } from './commands/explain.ts';
import { addFilter } from './commands/filter.ts';
import { addInspect } from './commands/inspect.ts';
import { addQuantize } from './commands/quantize.ts';
import { addRun } from './commands/run.ts';
import { addSummary } from './commands/summary.ts';
import { addTrain } from './commands/train.ts';
import { addView } from './commands/view.ts';
import { addWorker } from './commands/worker.ts';
import { Interrupted } from './interrupt.ts';
import { version } from './version.ts';

/** Runs one command line, without `node` and the script, and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  leaveQuietlyWhenTheReaderDoes();
  const program = makeProgram();
  let running = program.name();
  program.hook('preAction', (_, command) => {
    running = `neocog ${command.name()}`;
    configure({ wideSimd: program.opts<{ wideSimd: WideSimd }>().wideSimd });
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode; // commander has said why
    const told = describeFailure(error, args.includes('--debug'));
    if (told !== '') process.stderr.write(`${running}: ${told}\n`);
    return error instanceof Interrupted ? error.exitCode : 1;
  }
}

// The process is the command's own, so it may use V8's experiment where its self-test passes.
const wideSimd = new Option(
  '--wide-simd <mode>',
  "256-bit operations, an experiment of V8's; auto: if they work",
)
  .choices(['off', 'auto', 'on'])
  .default('auto');

function makeProgram(): Command {
  const program = new Command('neocog')
    .description('Train, run and look into convolutional networks.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .option('--debug', 'after an error, print where it arose')
    .addOption(wideSimd)
    .addHelpText('after', '\nStart here: neocog train mnist')
    .exitOverride();
  addTrain(program);
  addRun(program);
  addEvaluate(program);
  addBatch(program);
  addBench(program);
  addBuild(program);
  addSummary(program);
  addInspect(program);
  addView(program);
  addWorker(program);
  addConvert(program);
  addQuantize(program);
  addExplain(program);
  addFilter(program);
  explainMisuse(program, 'neocog');
  for (const command of program.commands) explainMisuse(command, `neocog ${command.name()}`);
  return program;
}

/**
 * commander's `error: unknown option '--x'⏎(Did you mean …?)` as one line that names the command and a
 * remedy.
 */
function explainMisuse(command: Command, name: string): void {
  const outputError = (text: string, write: (text: string) => void): void => {
    const sentence = text
      .replace(/^error: /, '')
      .trim()
      .replace(/\s*\n\s*/g, ' ')
      .replace(/\.$/, '');
    write(`${name}: ${sentence}; see ${name} --help\n`);
  };
  command.configureOutput({ outputError });
}

function describeFailure(error: unknown, debug: boolean): string {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  if (debug && message !== '') return stack ?? message;
  if (error instanceof NeocogError || error instanceof Interrupted) return message;
  return `a fault in neocog itself: ${message}; please report it with what --debug prints`;
}

/** `neocog … | head` closes the pipe early; that is no error. */
function leaveQuietlyWhenTheReaderDoes(): void {
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

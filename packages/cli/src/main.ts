// From command line to exit code: assembles the commands, and turns whatever they throw into one sentence.
// Exit codes: 0 done, 1 refused or failed, 130 ended by Ctrl-C.

import { Command, CommanderError, Option } from 'commander';
import { configure, NeocogError, type WideSimd } from 'neocog';
import { Interrupted } from './interrupt.ts';
import { version } from './version.ts';

type AddCommand = (program: Command) => void;

/** In the order of the help. A command line loads the code of its own command: that of all takes a second. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  train: async () => (await import('./commands/train.ts')).addTrain,
  run: async () => (await import('./commands/run.ts')).addRun,
  evaluate: async () => (await import('./commands/evaluate.ts')).addEvaluate,
  batch: async () => (await import('./commands/batch.ts')).addBatch,
  bench: async () => (await import('./commands/bench.ts')).addBench,
  build: async () => (await import('./commands/build.ts')).addBuild,
  summary: async () => (await import('./commands/summary.ts')).addSummary,
  inspect: async () => (await import('./commands/inspect.ts')).addInspect,
  view: async () => (await import('./commands/view.ts')).addView,
  worker: async () => (await import('./commands/worker.ts')).addWorker,
  convert: async () => (await import('./commands/convert.ts')).addConvert,
  quantize: async () => (await import('./commands/quantize.ts')).addQuantize,
  explain: async () => (await import('./commands/explain.ts')).addExplain,
  filter: async () => (await import('./commands/filter.ts')).addFilter,
};

/** Those that a command line needs: its own, none for the version, all for the help and for what is misspelt. */
function commandsFor(args: readonly string[]): Promise<AddCommand[]> {
  const word = args.find((arg) => !arg.startsWith('-') && !wideModes.includes(arg));
  const isVersion = word === undefined && args.some((arg) => versionFlags.includes(arg));
  const known = word !== undefined && Object.hasOwn(commands, word) ? [commands[word]] : null;
  return Promise.all((known ?? (isVersion ? [] : Object.values(commands))).map((load) => load()));
}

/** Runs one command line, without `node` and the script, and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  leaveQuietlyWhenTheReaderDoes();
  const program = await makeProgram(args);
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

const wideModes: readonly string[] = ['off', 'auto', 'on'];
const versionFlags: readonly string[] = ['-V', '--version'];

// The process is the command's own, so it may use V8's experiment where its self-test passes.
const wideSimd = new Option(
  '--wide-simd <mode>',
  "256-bit operations, an experiment of V8's; auto: if they work",
)
  .choices(wideModes)
  .default('auto');

async function makeProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('neocog')
    .description('Train, run and look into convolutional networks.')
    .version(version, versionFlags.join(', '), 'print the version')
    .helpOption('-h, --help', 'print this help')
    .option('--debug', 'after an error, print where it arose')
    .addOption(wideSimd)
    .addHelpText('after', '\nStart here: neocog train mnist')
    .exitOverride();
  for (const add of await commandsFor(args)) add(program);
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

/** @file fer train */
import { join } from 'node:path';
import { ArgumentError, FormatError } from '@fer/core';
import { type Command, Option } from 'commander';
import {
  collected,
  crops,
  DATA_HELP,
  integer,
  positive,
  positiveInteger,
  SKIP_DAMAGED_HELP,
  share,
  startBackend,
} from '../options.ts';
import { Output } from '../output.ts';
import { FACE } from '../recipes/recipe.ts';
import { type RunConfig, run } from '../run.ts';
import { RunFolder } from '../run-folder.ts';
import { runReport } from '../run-report.ts';
import { DEFAULTS, experimentOf, type TrainOptions } from '../train-options.ts';
import { OPTIMIZER_NAMES } from '../training.ts';

/** A run but for where it computes, which may change when it is resumed. */
type Plan = Omit<RunConfig, 'backend'>;

interface Options extends TrainOptions {
  readonly out?: string;
  readonly resume?: string;
}

const OPTIMIZER = new Option('--optimizer <name>', 'how weights are updated')
  .choices(OPTIMIZER_NAMES)
  .default(DEFAULTS.optimizer);

const SCHEDULE = new Option('--schedule <name>', 'of the learning rate: cosine begins with an epoch of warm-up')
  .choices(['cosine', 'constant'])
  .default(DEFAULTS.schedule);

const EXAMPLES = `
Examples:
  fer train                                           drawn faces, which need no download
  fer train --data fer2013.csv --epochs 40            FER2013, by its own parts
  fer train --data faces/ --network mobilenet-v2 -o alpha=0.35
  fer train --data fer2013.csv --optimizer SGD --learning-rate 0.1 --momentum 0.9 --weight-decay 5e-4 --mixup 0.2 --ema 0.999
  fer train --data CK+48/ --init runs/a/best.safetensors   fine-tunes weights
  fer train --resume runs/a                           continues after Ctrl-C, or a power cut

Networks are trained in a form that learns from random weights: -o smallImages=true for images of up to 64 pixels, -o momentum=0.9 for
batch normalisation, -o batchNorm=true, where they have such options and none is given.
Data without parts of their own are split 80:10:10, by person where the data tell who it is.`;

export function addTrain(program: Command): void {
  program
    .command('train')
    .description('train a network and evaluate it; everything goes into a folder')
    .option('-d, --data <source>', DATA_HELP, DEFAULTS.data)
    .option('--skip-damaged', SKIP_DAMAGED_HELP)
    .option('-n, --network <name>', 'see fer summary', DEFAULTS.network)
    .option('-o, --option <name=value>', 'of the network, as JSON; may be repeated', collected, DEFAULTS.option)
    .option('--init <weights>', 'weights to begin with: .safetensors, .h5, model.json, or a shipped network')
    .option('--image-size <pixels>', `side of the network's images (default: ${FACE})`, positiveInteger)
    .option(
      '-e, --epochs <n>',
      'passes over the images; what fills no batch waits for another',
      positiveInteger,
      DEFAULTS.epochs,
    )
    .option('-b, --batch-size <n>', 'images in a step', positiveInteger, DEFAULTS.batchSize)
    .addOption(OPTIMIZER)
    .option('--learning-rate <rate>', 'its maximum', positive, DEFAULTS.learningRate)
    .addOption(SCHEDULE)
    .option('--momentum <m>', 'of SGD and RMSProp', share)
    .option('--weight-decay <rate>', 'of kernels alone', positive)
    .option('--label-smoothing <part>', 'what the other classes get of each label', share)
    .option('--mixup <alpha>', 'mix pictures and labels two by two', positive)
    .option('--ema <decay>', 'evaluate a moving average of the weights, such as 0.999', share)
    .option('--patience <epochs>', 'end after so many without a lower validation loss', positiveInteger)
    .option('--no-augment', 'do not shift, turn, zoom and mirror training images')
    .option('--fraction <part>', 'use such a part of the images, up to 1', positive, DEFAULTS.fraction)
    .option('--crops <n>', 'views of a test image: 1 or 10', crops, DEFAULTS.crops)
    .option('--seed <n>', 'of everything that is random', integer, DEFAULTS.seed)
    .option('--out <folder>', 'the folder of the run (default: runs/NETWORK-TIME)')
    .option('--resume <folder>', 'continue the run in this folder, with its own options; --data if they were moved')
    .addHelpText('after', EXAMPLES)
    .action((options: Options, command: Command) => train(options, command));
}

async function train(options: Options, command: Command): Promise<void> {
  const output = Output.of(command);
  const { resume } = options;
  if (resume !== undefined) checkAlone(command);
  const backend = await startBackend(command);
  const config = resume === undefined ? newConfig(options) : await storedConfig(new RunFolder(resume), dataOf(command));
  const folder = resume === undefined ? await RunFolder.unused(folderName(options)) : new RunFolder(resume);
  const { progress, say } = output;
  const resumeBy = folder.resumeCommand;
  const result = await run({ ...config, backend }, folder, { resume: resume !== undefined, resumeBy, progress, say });
  output.result(runReport(folder, result), { folder: folder.path, ...result });
}

function folderName({ out, network }: Options): string {
  const time = new Date().toISOString().replace('T', '-').replaceAll(/[:Z]/g, '').replace('.', '-');
  return out ?? join('runs', `${network}-${time}`);
}

function newConfig(options: TrainOptions): Plan {
  return { title: `${options.network} on ${options.data}`, experiment: experimentOf(options), scaled: [] };
}

/** @throws ArgumentError if another option was given besides, but where the data are now */
function checkAlone(command: Command): void {
  const given = command.options.filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli');
  const other = given.find((option) => !['resume', 'data'].includes(option.attributeName()));
  if (other) throw new ArgumentError('train', `a run that is resumed keeps its own options: leave out ${other.long}`);
}

/** The data that were asked for, if any were. */
function dataOf(command: Command): string | undefined {
  return command.getOptionValueSource('data') === 'cli' ? command.getOptionValue('data') : undefined;
}

/** @param moved Where the data are now. `run` sees to it that they are the same. @throws ArgumentError, FormatError */
async function storedConfig(folder: RunFolder, moved: string | undefined): Promise<Plan> {
  const config = (await folder.readJson('config.json')) as Partial<Plan> | null;
  if (!config?.experiment?.network || !config.experiment.data || !config.experiment.training)
    throw new FormatError('train', `${folder.file('config.json')} holds no experiment`);
  const { experiment } = config;
  const data = { ...experiment.data, ...(moved !== undefined && { source: moved }) };
  return { ...(config as Plan), experiment: { ...experiment, data } };
}

/** @file fer bench */
import {
  ArgumentError,
  type KernelTime,
  noGrad,
  profileKernels,
  Random,
  randomUniform,
  type Tensor,
  tidy,
  zeros,
} from '@fer/core';
import { fit, type Model, type Profile, profile, SGD } from '@fer/layers';
import { listPretrained, loadPretrained } from '@fer/models';
import type { Command } from 'commander';
import { percent } from '../figures.ts';
import { openModel } from '../network.ts';
import { collected, positive, positiveInteger, startBackend } from '../options.ts';
import { Output } from '../output.ts';
import { markdownTable } from '../table.ts';

const EXAMPLES = `
Examples:
  fer bench                                           the networks that have weights
  fer bench fer-net --layers                          and how long each layer takes
  fer bench fer-net --kernels                         and how long each kernel takes of a training step
  fer bench mobilenet-v2 -o alpha=0.35 -o 'inputShape=[96,96,3]' -o classes=7
  fer bench runs/a/best.safetensors --backend webasm

Medians over --seconds, of random images, on an otherwise idle machine. FER_THREADS is the number of simd's threads.`;

interface BenchOptions {
  readonly option: readonly string[];
  readonly batch: number;
  readonly seconds: number;
  readonly layers?: boolean;
  readonly kernels?: boolean;
}

interface Speed {
  readonly network: string;
  readonly parameters: number;
  /** Multiply-accumulates for an image. */
  readonly macs: number;
  /** From one image to its result. */
  readonly milliseconds: number;
  readonly imagesPerSecond: number;
  readonly trainedPerSecond: number;
}

export function addBench(program: Command): void {
  program
    .command('bench')
    .description('tell how fast networks run and train on this machine')
    .argument('[model...]', 'names of networks, or .safetensors files')
    .option('-o, --option <name=value>', 'of the networks, as JSON; may be repeated', collected, [])
    .option('-b, --batch <n>', 'images at a time, where there are several', positiveInteger, 32)
    .option('--seconds <s>', 'for each measurement', positive, 2)
    .option('--layers', 'also the time and memory of each layer')
    .option('--kernels', 'also the time of each kernel in a training step (on simd, webasm and cpu)')
    .addHelpText('after', EXAMPLES)
    .action((models: readonly string[], options: BenchOptions, command: Command) => bench(models, options, command));
}

async function bench(names: readonly string[], options: BenchOptions, command: Command): Promise<void> {
  const output = Output.of(command);
  const backend = await startBackend(command);
  const { batch } = options;
  const speeds: Speed[] = [];
  const layers: Record<string, Profile> = {};
  const kernels: Record<string, readonly KernelTime[]> = {};
  for (const [name, model] of await modelsOf(names, options.option)) {
    output.say(`${name} on ${backend}`);
    speeds.push(await measure(name, model, options));
    if (options.layers) {
      using images = randomImages(batch, model);
      layers[name] = await profile(model, images);
    }
    if (options.kernels) kernels[name] = await profileStep(model, batch);
    model.dispose();
  }
  const profiles = [
    ...Object.entries(layers).map(([name, table]) => `\n\n${name}, batch of ${batch}\n${table}`),
    ...Object.entries(kernels).map(([name, rows]) => `\n\n${name}, a training step of ${batch}\n${kernelsTable(rows)}`),
  ];
  const data = { backend, batch, speeds, layers, kernels };
  output.result(`${tableOf(speeds, batch)}\nOn ${backend}.${profiles.join('')}`, data);
}

/** Those of the names, or with none those that come with the package. */
async function modelsOf(names: readonly string[], options: readonly string[]): Promise<[string, Model][]> {
  if (names.length > 0)
    return Promise.all(names.map(async (name): Promise<[string, Model]> => [name, await openModel(name, options)]));
  if (options.length > 0) throw new ArgumentError('bench', '--option needs names of networks');
  return Promise.all(
    listPretrained().map(async (name): Promise<[string, Model]> => [name, (await loadPretrained(name)).model]),
  );
}

async function measure(name: string, model: Model, { batch, seconds }: BenchOptions): Promise<Speed> {
  using one = randomImages(1, model);
  using many = randomImages(batch, model);
  using labels = zeros([batch], 'int32');
  const fused = model.fuse();

  const single = await median(seconds, () => forward(fused, one));
  const several = await median(seconds, () => forward(fused, many));
  fused.dispose();
  const optimizer = new SGD({ learningRate: 1e-4, momentum: 0.9 });
  const train = { x: many, y: labels, batchSize: batch };
  const step = await median(seconds, () => fit(model, { train, epochs: 1, optimizer }));
  optimizer.dispose();
  return {
    network: name,
    parameters: model.countParams().total,
    macs: model.macs(),
    milliseconds: single,
    imagesPerSecond: (1000 * batch) / several,
    trainedPerSecond: (1000 * batch) / step,
  };
}

/** The kernels of a second step: the first one compiles, and makes the optimizer's state. */
async function profileStep(model: Model, batch: number): Promise<readonly KernelTime[]> {
  using x = randomImages(batch, model);
  using y = zeros([batch], 'int32');
  const optimizer = new SGD({ learningRate: 1e-4, momentum: 0.9 });
  const step = () => fit(model, { train: { x, y, batchSize: batch }, epochs: 1, optimizer });
  await step();
  const kernels = await profileKernels(step);
  optimizer.dispose();
  return kernels;
}

function kernelsTable(rows: readonly KernelTime[]): string {
  const cells = rows.map(({ kernel, calls, milliseconds, share }) => [
    kernel,
    `${calls}`,
    milliseconds.toFixed(3),
    percent(share),
  ]);
  return markdownTable(['kernel', 'calls', 'ms', 'share'], cells);
}

const randomImages = (count: number, { inputShape }: Model) => randomUniform([count, ...inputShape], new Random(1));

async function forward(model: Model, images: Tensor): Promise<void> {
  using outputs = noGrad(() => tidy(() => model.forward(images)));
  await outputs.data();
}

/** The median time of calls, in milliseconds, after others that warm up: engines compile what is called often once more. */
async function median(seconds: number, call: () => Promise<unknown>): Promise<number> {
  await timesOf(seconds / 2, call);
  const times = await timesOf(seconds, call);
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] as number;
}

async function timesOf(seconds: number, call: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + 1000 * seconds;
  do {
    const start = performance.now();
    await call();
    times.push(performance.now() - start);
  } while (performance.now() < end);
  return times;
}

const threeDigits = (value: number) => Number(value.toPrecision(3)).toLocaleString('en');

function tableOf(speeds: readonly Speed[], batch: number): string {
  const header = ['network', 'parameters', 'MACs', 'one image', `batch of ${batch}`, 'training'];
  const rows = speeds.map(({ network, parameters, macs, milliseconds, imagesPerSecond, trainedPerSecond }) => [
    network,
    parameters.toLocaleString('en'),
    `${(macs / 1e6).toFixed(1)} M`,
    `${milliseconds.toFixed(2)} ms`,
    `${threeDigits(imagesPerSecond)} images/s`,
    `${threeDigits(trainedPerSecond)} images/s`,
  ]);
  return markdownTable(header, rows);
}

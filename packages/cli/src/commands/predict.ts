/** @file fer predict */
import { readFile } from 'node:fs/promises';
import { ArgumentError, FerError } from '@fer/core';
import { decodeImage } from '@fer/data';
import type { Command } from 'commander';
import { DEFAULT_WEIGHTS, loadClassifier, WEIGHTS_HELP } from '../classifier.ts';
import type { Crops } from '../experiment.ts';
import { writeExplanation } from '../explanation.ts';
import { crops, positiveInteger, startBackend } from '../options.ts';
import { Output } from '../output.ts';
import { drawnFaces, type Face, predictFaces, predictFound, predictionsText } from '../prediction.ts';

interface PredictOptions {
  readonly weights: string;
  readonly top: number;
  readonly crops: Crops;
  readonly detect?: true;
  readonly explain?: string;
}

const EXAMPLES = `
Examples:
  fer predict face.png
  fer predict *.jpg --weights runs/a/best.safetensors --top 7 --json
  fer predict --detect group.jpg                      on each face that is found
  fer predict face.png --explain why.png              coloured where the network looks (Grad-CAM)
  fer predict --weights runs/a/best.safetensors       on seven drawn faces, one of each expression

Images are PNG or JPEG files of one face each, cropped as in the training data, or with --detect of whatever shows faces from the
front; size and colours do not matter.`;

export function addPredict(program: Command): void {
  program
    .command('predict')
    .description('tell the expressions of faces')
    .argument('[image...]', 'PNG or JPEG files')
    .option('-w, --weights <file>', WEIGHTS_HELP, DEFAULT_WEIGHTS)
    .option('--top <n>', 'how many classes to show of each', positiveInteger, 3)
    .option('--crops <n>', 'views of each image: 1 or 10', crops, 1 as Crops)
    .option('--detect', 'find the faces in the images first')
    .option('--explain <file>', 'a PNG that shows where in the faces the expressions are found')
    .addHelpText('after', EXAMPLES)
    .action((images: string[], options: PredictOptions, command: Command) => predict(images, options, command));
}

async function predict(images: readonly string[], options: PredictOptions, command: Command): Promise<void> {
  const output = Output.of(command);
  const { detect = false, explain, weights } = options;
  if (detect && (images.length === 0 || options.crops > 1))
    throw new ArgumentError('predict', '--detect needs images, and one view of each face');
  if (explain !== undefined && (detect || options.crops > 1))
    throw new ArgumentError('predict', '--explain needs images of one face each, and one view of each');
  await startBackend(command);
  const network = await loadClassifier(weights);
  const faces = () => (images.length > 0 ? readFaces(images) : drawnFaces());
  const predictions = await (detect ? predictFound : predictFaces)(network, faces(), options);
  if (explain !== undefined) await writeExplanation(network, faces(), explain); // read once more: they are not kept
  output.result(predictionsText(predictions), predictions);
}

/** One by one: a photograph may be a hundred megabytes of pixels. */
async function* readFaces(paths: readonly string[]): AsyncGenerator<Face> {
  for (const path of paths) {
    const bytes = await readFile(path).catch((error) => {
      throw new ArgumentError('predict', `cannot read '${path}': ${error.message}`);
    });
    const image = await decodeImage(bytes).catch((error) => {
      throw new FerError('predict', `cannot use '${path}': ${error.message}`);
    });
    yield { name: path, image };
  }
}

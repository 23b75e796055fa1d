/** @file fer export */
import { join } from 'node:path';
import { ArgumentError } from '@fer/core';
import { endsInSoftmax, writeAtomically } from '@fer/layers';
import { encodePretrained, exportOnnx, exportTfjs, type Pretrained } from '@fer/models';
import { type Command, Option } from 'commander';
import { loadClassifier, WEIGHTS_HELP } from '../classifier.ts';
import { startBackend } from '../options.ts';
import { Output } from '../output.ts';

interface ExportOptions {
  readonly out: string;
  readonly fuse?: boolean;
  readonly dtype?: 'float16' | 'uint8';
}

const EXAMPLES = `
Examples:
  fer export runs/a/best.safetensors --out model.onnx            for onnxruntime
  fer export runs/a/best.safetensors --out web/model.json        for TensorFlow.js, with its weights beside it
  fer export runs/a/best.safetensors --out small.safetensors     half the size: float16
  fer export fer-net --out smaller.safetensors --dtype uint8     a quarter of it, with 256 levels for each channel of a kernel

What to do to an image before, and the classes in their order, are printed: only safetensors files can hold them.`;

export function addExport(program: Command): void {
  program
    .command('export')
    .description('write a trained network for others, or in half or a quarter of the size that float32 has')
    .argument('<weights>', WEIGHTS_HELP)
    .requiredOption('--out <file>', 'ends in .onnx, model.json or .safetensors')
    .addOption(
      new Option('--dtype <type>', 'of weights in a .safetensors file; float16 unless given').choices([
        'float16',
        'uint8',
      ]),
    )
    .option('--fuse', 'fold batch normalisation into convolutions: for inference alone')
    .addHelpText('after', EXAMPLES)
    .action((weights: string, options: ExportOptions, command: Command) => exportModel(weights, options, command));
}

async function exportModel(weights: string, { out, fuse, dtype }: ExportOptions, command: Command): Promise<void> {
  const output = Output.of(command);
  await startBackend(command);
  const classifier = await loadClassifier(weights);
  const files = await filesOf(fuse ? { ...classifier, model: classifier.model.fuse() } : classifier, out, dtype);
  for (const [path, content] of Object.entries(files)) await writeAtomically(path, content);
  const { labels, preprocess } = classifier;
  const text = [
    ...Object.entries(files).map(([path, { length }]) => `${path}: ${(length / 2 ** 20).toFixed(2)} MB`),
    `input: what ${JSON.stringify(preprocess.config)} makes of an image`,
    `output: ${endsInSoftmax(classifier.model) ? 'probabilities' : 'logits'} of ${labels.join(', ')}`,
  ];
  output.result(text.join('\n'), { files: Object.keys(files), labels, preprocess: preprocess.config });
}

/** The contents of each file. @throws ArgumentError for a format that is none */
async function filesOf(
  classifier: Pretrained,
  out: string,
  dtype: ExportOptions['dtype'],
): Promise<Readonly<Record<string, Uint8Array>>> {
  const { model } = classifier;
  if (dtype && !out.endsWith('.safetensors'))
    throw new ArgumentError('export', `--dtype is for .safetensors files, but out is '${out}'`);
  if (out.endsWith('.onnx')) return { [out]: await exportOnnx(model) };
  if (out.endsWith('.safetensors')) return { [out]: await encodePretrained(classifier, { dtype: dtype ?? 'float16' }) };
  if (!/(^|[/\\])model\.json$/.test(out))
    throw new ArgumentError('export', `out must end in .onnx, model.json or .safetensors but is '${out}'`);
  const files = Object.entries(await exportTfjs(model));
  return Object.fromEntries(files.map(([name, content]) => [join(out, '..', name), content]));
}

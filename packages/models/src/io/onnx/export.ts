/** @file Models as ONNX files. */
import type { Shape } from '@fer/core';
import type { AnyLayer, Model, SymbolicTensor } from '@fer/layers';
import type { OwnWeight } from './emission.ts';
import { OnnxGraph } from './graph.ts';
import { emitLayer } from './layers.ts';
import { toChannelsLast, toChannelsSecond } from './layout.ts';

/** Of ONNX 1.12, from 2022: every runtime in use has it. */
const OPSET = 17;

/**
 * The model as an ONNX file (opset 17) that computes the same in inference. Its input `input` and output `output` have our
 * layout, [N, H, W, C], with N open; in between channels are second, as in ONNX.
 * @throws ArgumentError naming a layer that has no counterpart
 */
export async function exportOnnx(model: Model): Promise<Uint8Array<ArrayBuffer>> {
  const weights = await model.stateDict();
  const graph = new OnnxGraph();
  const results = new Map([[model.input, channelsSecond(graph, 'input', model.inputShape)]]);
  for (const symbolic of model.order) {
    const { layer, inputs: operands, shape: outputShape } = symbolic;
    if (!layer) continue;
    const inputs = operands.map((operand) => results.get(operand) as string);
    const [x, inputShape] = [inputs[0] as string, operands[0]?.shape as Shape];
    const weight = (name: string) => ownWeight(layer, name);
    results.set(symbolic, emitLayer(layer, { graph, inputs, x, inputShape, outputShape, weight }));
  }
  channelsLast(graph, results.get(model.output) as string, model.output);
  return graph.encode(OPSET, model.name ?? 'model', ['input', model.inputShape], ['output', model.output.shape]);

  function ownWeight(layer: AnyLayer, part: string): OwnWeight {
    const name = `${layer.name}/${part}`;
    const { shape, data } = weights[name] as { shape: Shape; data: Float32Array };
    return { name, shape, data };
  }
}

function channelsSecond(graph: OnnxGraph, x: string, shape: Shape): string {
  return shape.length === 1 ? x : graph.node('Transpose', [x], { perm: { ints: toChannelsSecond(shape.length + 1) } });
}

function channelsLast(graph: OnnxGraph, y: string, { shape }: SymbolicTensor): void {
  if (shape.length === 1) graph.node('Identity', [y], {}, 'output');
  else graph.node('Transpose', [y], { perm: { ints: toChannelsLast(shape.length + 1) } }, 'output');
}

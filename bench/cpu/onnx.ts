/** @file A network as an ONNX model (opset 17), written field by field: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3 */
import type { FoldedConv, FoldedLayer, Network, Weights } from './networks.ts';

/** Protocol buffers: a field is its number and type, then a varint, or a length and bytes. */
class Message {
  readonly #parts: Uint8Array[] = [];

  int(field: number, value: number): this {
    return this.#varint(field << 3).#varint(value);
  }

  bytes(field: number, value: Uint8Array): this {
    this.#varint((field << 3) | 2)
      .#varint(value.length)
      .#parts.push(value);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, value: Message): this {
    return this.bytes(field, value.finish());
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts);
  }

  #varint(value: number): this {
    const bytes: number[] = [];
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
    this.#parts.push(Uint8Array.from([...bytes, rest]));
    return this;
  }
}

const FLOAT = 1;
const INTS = 7;
const INT = 2;

function tensorProto(name: string, values: Float32Array, shape: readonly number[]): Message {
  const tensor = new Message();
  for (const size of shape) tensor.int(1, size);
  return tensor
    .int(2, FLOAT)
    .text(8, name)
    .bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

function valueInfo(name: string, shape: readonly number[]): Message {
  const dimensions = new Message();
  for (const size of shape) dimensions.message(1, new Message().int(1, size));
  const type = new Message().message(1, new Message().int(1, FLOAT).message(2, dimensions));
  return new Message().text(1, name).message(2, type);
}

class Graph {
  readonly #nodes: Message[] = [];
  readonly #initializers: Message[] = [];
  #count = 0;

  weights(values: Float32Array, shape: readonly number[]): string {
    const name = `w${this.#initializers.length}`;
    this.#initializers.push(tensorProto(name, values, shape));
    return name;
  }

  node(
    operator: string,
    inputs: readonly string[],
    attributes: Record<string, number | readonly number[]> = {},
    output = `t${this.#count++}`,
  ): string {
    const node = new Message();
    for (const input of inputs) node.text(1, input);
    node.text(2, output).text(4, operator);
    for (const [name, value] of Object.entries(attributes)) {
      const attribute = new Message().text(1, name);
      if (typeof value === 'number') attribute.int(3, value).int(20, INT);
      else {
        for (const item of value) attribute.int(8, item);
        attribute.int(20, INTS);
      }
      node.message(5, attribute);
    }
    this.#nodes.push(node);
    return output;
  }

  finish(inputShape: readonly number[], output: string, outputShape: readonly number[]): Uint8Array {
    const graph = new Message();
    for (const node of this.#nodes) graph.message(1, node);
    graph.text(2, 'network');
    for (const initializer of this.#initializers) graph.message(5, initializer);
    graph.message(11, valueInfo('x', inputShape)).message(12, valueInfo(output, outputShape));
    return new Message().int(1, 8).message(7, graph).message(8, new Message().int(2, 17)).finish();
  }
}

/** The filter as ONNX has it: [out, in / groups, kh, kw]. */
function convWeights({ kind, filter }: FoldedConv): Weights {
  const [kh, kw, inputs, last] = filter.shape as [number, number, number, number];
  const [outputs, perGroup] = kind === 'conv' ? [last, inputs] : [inputs, 1];
  const values = new Float32Array(filter.values.length);
  let position = 0;
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < perGroup; i++) {
      for (let k = 0; k < kh * kw; k++)
        values[position++] = filter.values[kind === 'conv' ? (k * inputs + i) * last + o : k * inputs + o] as number;
    }
  }
  return { shape: [outputs, perGroup, kh, kw], values };
}

function convNode(graph: Graph, x: string, layer: FoldedConv): string {
  const { shape, values } = convWeights(layer);
  const [outputs, , kh, kw] = shape as [number, number, number, number];
  const inputs = [x, graph.weights(values, shape), graph.weights(layer.bias.values, [outputs])];
  const group = layer.kind === 'depthwise' ? outputs : 1;
  // SAME_UPPER cannot be inlined by every engine's fusion; even sizes make it a plain padding
  const y = graph.node('Conv', inputs, {
    kernel_shape: [kh, kw],
    strides: [layer.strides, layer.strides],
    pads: samePads(kh, layer.strides),
    group,
  });
  if (layer.activation === 'linear') return y;
  if (layer.activation === 'relu') return graph.node('Relu', [y]);
  return graph.node('Clip', [y, graph.weights(Float32Array.of(0), []), graph.weights(Float32Array.of(6), [])]);
}

/** TensorFlow's 'same' for sizes that the stride divides: [top, left, bottom, right]. Odd sizes only meet stride 1 here. */
function samePads(kernelSize: number, stride: number): number[] {
  const total = kernelSize - stride;
  const before = Math.floor(total / 2);
  return [before, before, total - before, total - before];
}

/** The network with a fixed batch, channels first as ONNX has images, batch-norms folded. */
export function toOnnx(
  network: Network,
  layers: readonly FoldedLayer[],
  batch: number,
): { bytes: Uint8Array; output: string } {
  const graph = new Graph();
  const [height, width, channels] = network.inputShape;
  const outputs: string[] = [];
  for (const layer of layers) {
    const x = outputs.at(-1) ?? graph.node('Transpose', ['x'], { perm: [0, 3, 1, 2] });
    outputs.push(nodeOf(graph, layer, x, outputs));
  }
  const output = outputs.at(-1) as string;
  return { bytes: graph.finish([batch, height, width, channels], output, [batch, 7]), output };
}

function nodeOf(graph: Graph, layer: FoldedLayer, x: string, outputs: readonly string[]): string {
  switch (layer.kind) {
    case 'conv':
    case 'depthwise':
      return convNode(graph, x, layer);
    case 'add':
      return graph.node('Add', [x, outputs[layer.from] as string]);
    case 'maxPool':
      return graph.node('MaxPool', [x], { kernel_shape: [layer.size, layer.size], strides: [layer.size, layer.size] });
    case 'globalAveragePool':
      return graph.node('Flatten', [graph.node('GlobalAveragePool', [x])], { axis: 1 });
    case 'flatten':
      return graph.node('Flatten', [graph.node('Transpose', [x], { perm: [0, 2, 3, 1] })], { axis: 1 });
    case 'dense':
      return graph.node('Gemm', [
        x,
        graph.weights(layer.kernel.values, layer.kernel.shape),
        graph.weights(layer.bias.values, layer.bias.shape),
      ]);
  }
}

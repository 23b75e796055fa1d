/**
 * @file ONNX graphs under construction, and their messages (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; the numbers
 * of fields and types are that file's).
 */
import type { Shape } from '@fer/core';
import { Message } from './protobuf.ts';

/** A string, an integer for numbers in `ints`, else a float. */
export type Attribute =
  | string
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] };

export type Attributes = Readonly<Record<string, Attribute>>;

const FLOAT = 1;
const INT64 = 7;

const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, ints: 7 } as const;

export class OnnxGraph {
  readonly #nodes: Message[] = [];
  /** By name: constants that are equal are stored once. */
  readonly #initializers = new Map<string, Message>();
  /** The first shape that a weight has been asked for in. */
  readonly #shapes = new Map<string, string>();
  #results = 0;

  /** Adds an operation. @param inputs names; '' for optional ones that are not given @returns its result's name */
  node(operator: string, inputs: readonly string[], attributes: Attributes = {}, output?: string): string {
    const result = output ?? `${operator}_${this.#results++}`;
    const node = new Message();
    for (const name of inputs) node.string(1, name);
    node.string(2, result).string(3, result).string(4, operator);
    for (const [name, value] of Object.entries(attributes)) node.message(5, attribute(name, value));
    this.#nodes.push(node);
    return result;
  }

  /** Adds a weight, unless it is there already. @returns its name, with its shape if a layer needs it in another one too */
  weight(name: string, shape: Shape, values: () => Float32Array): string {
    const layout = shape.join('x');
    const first = this.#shapes.get(name) ?? layout;
    this.#shapes.set(name, first);
    const own = first === layout ? name : `${name}@${layout}`;
    if (!this.#initializers.has(own)) this.#initializers.set(own, tensor(own, shape, FLOAT, bytesOf(values())));
    return own;
  }

  /** Adds a constant. @returns its name */
  float(value: number): string {
    return this.weight(`float_${value}`, [], () => Float32Array.of(value));
  }

  /** Adds a constant vector of integers. @returns its name */
  ints(values: readonly number[]): string {
    const name = `ints_${values.join('_')}`;
    const bytes = bytesOf(BigInt64Array.from(values, BigInt));
    this.#initializers.set(name, tensor(name, [values.length], INT64, bytes));
    return name;
  }

  /** The model as a file. Shapes are those of batches: the first axis is open. */
  encode(opset: number, name: string, input: [name: string, shape: Shape], output: [name: string, shape: Shape]) {
    const graph = new Message()
      .messages(1, this.#nodes)
      .string(2, name)
      .messages(5, [...this.#initializers.values()])
      .message(11, valueInfo(...input))
      .message(12, valueInfo(...output));
    // the version of the format that goes with opset 17
    const IR_VERSION = 8;
    return new Message()
      .integer(1, IR_VERSION)
      .string(2, 'fer')
      .message(7, graph)
      .message(8, new Message().string(1, '').integer(2, opset))
      .encode();
  }
}

function attribute(name: string, value: Attribute): Message {
  const message = new Message().string(1, name);
  if (typeof value === 'string') return message.string(4, value).integer(20, ATTRIBUTE_TYPES.string);
  if ('int' in value) return message.integer(3, value.int).integer(20, ATTRIBUTE_TYPES.int);
  if ('float' in value) return message.float(2, value.float).integer(20, ATTRIBUTE_TYPES.float);
  for (const int of value.ints) message.integer(8, int);
  return message.integer(20, ATTRIBUTE_TYPES.ints);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength);

/** Its elements as they are in memory: little-endian. */
function tensor(name: string, shape: Shape, type: number, bytes: Uint8Array): Message {
  return new Message().integers(1, shape).integer(2, type).string(8, name).bytes(9, bytes);
}

function valueInfo(name: string, shape: Shape): Message {
  const axes = shape.map((size) => new Message().integer(1, size));
  const dimensions = new Message().messages(1, [new Message().string(2, 'N'), ...axes]);
  const type = new Message().message(1, new Message().integer(1, FLOAT).message(2, dimensions));
  return new Message().string(1, name).message(2, type);
}

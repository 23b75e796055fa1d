/**
 * @file Kernels in a byte a number: of each channel of outputs the range between its least and its greatest number is divided
 * into 255 steps. What is not a kernel by its name, such as biases, factors and statistics, is small and stays as it is.
 */
import { ArgumentError, FormatError, type StoredTensor, sizeOf } from '@fer/core';

type Tensors = Readonly<Record<string, StoredTensor>>;

/** A quantised tensor has two vectors beside it, under its name and these. */
const MINIMUM = ':minimum';
const STEP = ':step';

const LEVELS = 255;

/** The same tensors with kernels as bytes. @throws ArgumentError for kernels that are not finite */
export function quantized(tensors: Tensors): Record<string, StoredTensor> {
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]): [string, StoredTensor][] =>
      tensor.dtype === 'float32' && isKernel(name, tensor) ? kernelAsBytes(name, tensor) : [[name, tensor]],
    ),
  );
}

/** kernel, depthwise_kernel or pointwise_kernel; a layer of one's own may have another kind of one axis. */
const isKernel = (name: string, { shape }: StoredTensor) => /[/_]kernel$/.test(name) && shape.length > 1;

function kernelAsBytes(name: string, { shape, data }: StoredTensor & { dtype: 'float32' }): [string, StoredTensor][] {
  // a depthwise kernel's channels are those of its inputs, times the multiplier: [H, W, C, M]
  const channels = sizeOf(shape.slice(name.endsWith('/depthwise_kernel') ? -2 : -1));
  const minimum = new Float32Array(channels).fill(Number.POSITIVE_INFINITY);
  const maximum = new Float32Array(channels).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < data.length; i++) {
    const [channel, value] = [i % channels, data[i] as number];
    if (!Number.isFinite(value)) throw new ArgumentError('quantize', `'${name}' holds ${value}`);
    minimum[channel] = Math.min(minimum[channel] as number, value);
    maximum[channel] = Math.max(maximum[channel] as number, value);
  }
  const step = maximum.map((most, channel) => (most - (minimum[channel] as number)) / LEVELS);
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const channel = i % channels;
    bytes[i] = Math.round(((data[i] as number) - (minimum[channel] as number)) / (step[channel] || 1));
  }
  return [
    [name, { shape, dtype: 'uint8', data: bytes }],
    [name + MINIMUM, { shape: [channels], dtype: 'float32', data: minimum }],
    [name + STEP, { shape: [channels], dtype: 'float32', data: step }],
  ];
}

/** The tensors of a file, with those that were quantised as floats again. @throws FormatError */
export function dequantized(tensors: Tensors): Record<string, StoredTensor> {
  const isQuantized = (name: string) => Object.hasOwn(tensors, name + STEP);
  const entries = Object.entries(tensors).flatMap(([name, tensor]): [string, StoredTensor][] => {
    if (isQuantized(name)) return [[name, kernelFromBytes(name, tensor, tensors)]];
    const [, owner] = /^(.*):(?:minimum|step)$/.exec(name) ?? [];
    return owner !== undefined && isQuantized(owner) ? [] : [[name, tensor]];
  });
  return Object.fromEntries(entries);
}

function kernelFromBytes(name: string, { shape, dtype, data }: StoredTensor, tensors: Tensors): StoredTensor {
  const [minimum, step] = [vectorOf(tensors, name + MINIMUM), vectorOf(tensors, name + STEP)];
  const channels = step.length;
  if (dtype !== 'uint8' || minimum.length !== channels || data.length % channels !== 0)
    throw new FormatError('dequantize', `'${name}' ${dtype} [${shape}] does not fit its ${channels} steps`);
  const values = new Float32Array(data.length);
  for (let i = 0; i < values.length; i++) {
    const channel = i % channels;
    values[i] = (minimum[channel] as number) + (data[i] as number) * (step[channel] as number);
  }
  return { shape, dtype: 'float32', data: values };
}

function vectorOf(tensors: Tensors, name: string): Float32Array {
  const tensor = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
  if (tensor?.dtype !== 'float32') throw new FormatError('dequantize', `'${name}' must be a float32 tensor`);
  return tensor.data;
}

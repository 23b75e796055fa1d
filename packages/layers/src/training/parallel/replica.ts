/** @file What each worker of data-parallel training runs: a copy of the model, and the gradients of parts of batches. */
import { Random, setBackend, type Tensor, tensor } from '@fer/core';
import { modelFromConfig } from '../../from-config.ts';
import { accumulate } from '../accumulate.ts';
import { setTrainable } from '../trainable.ts';
import { type HostTensor, type Outcome, type Part, type PartResult, type ReplicaStart, viewsOf } from './messages.ts';

const { parentPort: port, workerData } = process.getBuiltinModule('node:worker_threads');
const { config, objective, ...memory } = workerData as ReplicaStart;
await setBackend('simd', { threads: 1 });
const model = modelFromConfig(config);
const parameters = [...model.weights.values()];
const weights = viewsOf(memory.weights, parameters);
const results = viewsOf(memory.results, parameters);

port?.on('message', (part: Part) => {
  let result: PartResult;
  try {
    result = compute(part);
  } catch (error) {
    result = { error: String(error) };
  }
  port.postMessage(result);
});

function compute({ share, seed, trainable, ...part }: Part): PartResult {
  setTrainable(model, trainable);
  takeWeights();
  const before = parameters.map(({ storage }) => storage);
  using images = uploaded(part.images);
  using labels = uploaded(part.labels);
  using figures = accumulate(model, objective, { images, labels }, share, new Random(seed));
  const outcomes = parameters.map((parameter, i): Outcome => {
    const { grad } = parameter;
    if (!grad && parameter.storage === before[i]) return undefined;
    results[i]?.set((grad ?? parameter).dataSync());
    parameter.zeroGrad();
    return grad ? 'gradient' : 'value';
  });
  return { figures: figures.dataSync() as Float32Array, outcomes };
}

function takeWeights(): void {
  for (const [i, parameter] of parameters.entries()) {
    using value = tensor(weights[i] as Float32Array, parameter.shape);
    parameter.assign(value);
  }
}

const uploaded = ({ data, shape, dtype }: HostTensor): Tensor => tensor(data, shape, dtype);

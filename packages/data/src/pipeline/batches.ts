/** @file Batches of tensors, epoch by epoch. */
import { ArgumentError, checkInteger, type Tensor, tensor } from '@fer/core';
import type { Dataset, Item } from '../dataset.ts';
import type { HostBatch } from './host-batch.ts';
import { type BatchPlan, compute } from './plan.ts';
import { type PrefetchOptions, prefetched } from './prefetch.ts';

/** Tensors that belong to whoever receives them, who has to dispose them. */
export interface Batch {
  /** [N, H, W, C] float32 */
  readonly images: Tensor;
  /** [N] int32; or targets [N, K] float32, if the items have them */
  readonly labels: Tensor;
}

/** What a model is trained on. The batches of an epoch do not depend on which epochs or batches were computed before. */
export interface Batches {
  /** The number of batches in an epoch. */
  readonly length: number;
  /** The batches of an epoch, from `firstBatch` on; those before cost nothing. */
  epoch(epoch: number, firstBatch?: number): AsyncIterable<Batch>;
}

export interface BatchOptions {
  /** Leaves out what does not fill a last batch. */
  readonly dropRemainder?: boolean;
}

/** Batches of a data set, computed when they are asked for. */
export class DatasetBatches implements Batches {
  readonly length: number;
  /** The number of images in an epoch. */
  readonly size: number;

  constructor(
    readonly dataset: Dataset,
    readonly batchSize: number,
    private readonly options: BatchOptions,
    private readonly prefetching?: PrefetchOptions,
  ) {
    const count = dataset.length / batchSize;
    this.length = options.dropRemainder ? Math.floor(count) : Math.ceil(count);
    this.size = Math.min(dataset.length, this.length * batchSize);
    if (this.length === 0)
      throw new ArgumentError('batch', `${dataset.length} items do not fill a batch of ${batchSize}`);
  }

  /**
   * The same batches, computed ahead of time in worker threads: for transforms that take long. Node only.
   * @throws ArgumentError if a function was mapped that has no `config`, and so cannot be made again in a worker.
   */
  prefetch(options: PrefetchOptions = {}): DatasetBatches {
    for (const [name, value] of Object.entries(options)) checkInteger('prefetch', name, value, 1);
    if (this.dataset.transforms.some(({ config }) => !config))
      throw new ArgumentError('prefetch', 'a function without a config was mapped, which workers cannot run');
    return new DatasetBatches(this.dataset, this.batchSize, this.options, options);
  }

  /** @throws ArgumentError if there is no such epoch or batch. */
  epoch(epoch: number, firstBatch = 0): AsyncGenerator<Batch, void, void> {
    checkInteger('epoch', 'epoch', epoch, 0);
    if (!Number.isInteger(firstBatch) || firstBatch < 0 || firstBatch > this.length)
      throw new ArgumentError('epoch', `firstBatch must be from 0 to ${this.length} but is ${firstBatch}`);
    return this.#batches(epoch, firstBatch);
  }

  async *#batches(epoch: number, firstBatch: number): AsyncGenerator<Batch, void, void> {
    const plans = this.#plans(epoch, firstBatch);
    const batches = this.prefetching ? prefetched(plans, this.prefetching) : computed(plans);
    for await (const { plan, batch } of batches) {
      yield { images: tensor(batch.data, batch.shape), labels: this.#labels(plan.indices) };
    }
  }

  #labels(indices: Uint32Array): Tensor {
    const items = Array.from(indices, (index) => this.dataset.items[index] as Item);
    const count = items[0]?.targets?.length;
    if (count === undefined)
      return tensor(
        items.map(({ label }) => label),
        [items.length],
        'int32',
      );
    return tensor(
      items.flatMap(({ targets }) => Array.from(targets as Float32Array)),
      [items.length, count],
    );
  }

  #plans(epoch: number, firstBatch: number): BatchPlan[] {
    const { dataset, batchSize } = this;
    const order = dataset.order(epoch);
    return Array.from({ length: this.length - firstBatch }, (_, i) => {
      const start = (firstBatch + i) * batchSize;
      return { dataset, epoch, indices: order.subarray(start, start + batchSize) };
    });
  }
}

/** In this thread, each when it is asked for. */
function* computed(plans: readonly BatchPlan[]): Generator<{ plan: BatchPlan; batch: HostBatch }> {
  for (const plan of plans) yield { plan, batch: compute(plan) };
}

/** @file What models are trained on and evaluated with: batches, epoch by epoch. */
import { ArgumentError, checkInteger, gather, Random, ShapeError, type Tensor, tensor, tidy } from '@fer/core';

/** Tensors that belong to whoever receives them, who has to dispose them. */
export interface Batch {
  /** [N, ...] */
  readonly images: Tensor;
  /** int32 labels [N], or float32 targets [N, ...] */
  readonly labels: Tensor;
}

/** Batches whose contents depend on the epoch and their position alone, so that a run can be resumed anywhere. */
export interface Batches {
  /** The number of batches in an epoch. */
  readonly length: number;
  /** Examples in a batch, but for the last one. With `size` it tells a resumed run whether its batches are those of before. */
  readonly batchSize?: number;
  /** Examples in an epoch. */
  readonly size?: number;
  /** The batches of an epoch, counted from 0, from `firstBatch` on. */
  epoch(epoch: number, firstBatch?: number): AsyncIterable<Batch>;
}

/** Examples in memory, which stay the caller's. */
export interface TensorData {
  /** [N, ...] */
  readonly x: Tensor;
  /** int32 labels [N], or float32 targets [N, ...] */
  readonly y: Tensor;
  /** 32 unless given. */
  readonly batchSize?: number;
}

export type Data = Batches | TensorData;

/** @param seed Of the order of examples in memory, another one in each epoch; they stay in theirs unless given. */
export function batchesOf(operator: string, data: Data, seed?: number): Batches {
  if (!('x' in data)) return data;
  const { x, y, batchSize = 32 } = data;
  checkInteger(operator, 'batchSize', batchSize, 1);
  const count = x.shape[0];
  if (count === undefined || y.shape[0] !== count)
    throw new ShapeError(operator, `x [${x.shape}] and y [${y.shape}] must hold the same number of examples`);
  return new TensorBatches(x, y, batchSize, seed);
}

class TensorBatches implements Batches {
  readonly length: number;

  constructor(
    readonly x: Tensor,
    readonly y: Tensor,
    readonly batchSize: number,
    readonly seed: number | undefined,
  ) {
    this.length = Math.ceil(this.size / batchSize);
  }

  get size(): number {
    return this.x.shape[0] as number;
  }

  async *epoch(epoch: number, firstBatch = 0): AsyncGenerator<Batch> {
    const order = this.#order(epoch);
    for (let i = firstBatch; i < this.length; i++) {
      const rows = order.slice(i * this.batchSize, (i + 1) * this.batchSize);
      yield tidy(() => {
        const indices = tensor(rows, [rows.length], 'int32', this.x.backend);
        return { images: gather(this.x, indices), labels: gather(this.y, indices) };
      });
    }
  }

  #order(epoch: number): number[] {
    const rows = Array.from({ length: this.size }, (_, i) => i);
    // the seed goes through a generator, so that a seed's epoch has nothing in common with the next seed's
    return this.seed === undefined ? rows : new Random(new Random(this.seed).bits() + epoch).shuffle(rows);
  }
}

/** Several batches at a time; fewer at the end. */
export async function* grouped(batches: AsyncIterable<Batch>, size: number): AsyncGenerator<Batch[]> {
  const group: Batch[] = [];
  try {
    for await (const batch of batches) {
      group.push(batch);
      if (group.length === size) yield group.splice(0);
    }
    if (group.length > 0) yield group.splice(0);
  } finally {
    group.forEach(disposeBatch);
  }
}

export function disposeBatch({ images, labels }: Batch): void {
  images.dispose();
  labels.dispose();
}

/** The number of examples in a batch. @throws ShapeError, ArgumentError */
export function sizeOfBatch(operator: string, { images, labels }: Batch): number {
  const count = images.shape[0];
  if (count === undefined || labels.shape[0] !== count)
    throw new ShapeError(operator, `a batch has images [${images.shape}] and labels [${labels.shape}]`);
  if (count === 0) throw new ArgumentError(operator, 'a batch is empty');
  return count;
}

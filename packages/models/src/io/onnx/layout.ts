/**
 * @file Where axes are. Our tensors have channels last, [N, H, W, C]; ONNX has them second, [N, C, H, W], and so has every
 * tensor in an exported graph. Vectors [N, C] are the same in both.
 */

/** An axis of ours, the batch being 0, in ONNX. @param rank of the batch */
export function onnxAxis(axis: number, rank: number): number {
  const index = axis < 0 ? axis + rank : axis;
  if (index === 0) return 0;
  return index === rank - 1 ? 1 : index + 1;
}

/** For each axis of a result with channels second, the axis it is taken from: [0, 3, 1, 2]. */
export const toChannelsSecond = (rank: number) =>
  Array.from({ length: rank }, (_, axis) => (axis < 1 ? axis : axis === 1 ? rank - 1 : axis - 1));

/** And back: [0, 2, 3, 1]. */
export const toChannelsLast = (rank: number) =>
  Array.from({ length: rank }, (_, axis) => (axis < 1 ? axis : axis === rank - 1 ? 1 : axis + 1));

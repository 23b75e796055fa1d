/** @file Operators that move elements: for each place in the result, where its element comes from. */
import { build, type Dense, get, size } from './dense.ts';

export const reshape =
  (shape: readonly number[]) =>
  ({ values }: Dense): Dense => ({ shape, values });

export const transpose = (permutation: readonly number[]) => (x: Dense) =>
  build(
    permutation.map((axis) => size(x, axis)),
    (index) =>
      get(
        x,
        x.shape.map((_, axis) => index[permutation.indexOf(axis)] as number),
      ),
  );

export const slice = (begin: readonly number[], shape: readonly number[]) => (x: Dense) =>
  build(shape, (index) =>
    get(
      x,
      index.map((i, axis) => i + (begin[axis] as number)),
    ),
  );

export const flip = (axes: readonly number[]) => (x: Dense) =>
  build(x.shape, (index) =>
    get(
      x,
      index.map((i, axis) => (axes.includes(axis) ? size(x, axis) - 1 - i : i)),
    ),
  );

export const tile = (repeats: readonly number[]) => (x: Dense) =>
  build(
    x.shape.map((length, axis) => length * (repeats[axis] as number)),
    (index) =>
      get(
        x,
        index.map((i, axis) => i % size(x, axis)),
      ),
  );

export const pad =
  (paddings: readonly (readonly [before: number, after: number])[], value = 0) =>
  (x: Dense) =>
    build(
      x.shape.map((length, axis) => length + (paddings[axis]?.[0] ?? 0) + (paddings[axis]?.[1] ?? 0)),
      (index) => {
        const source = index.map((i, axis) => i - (paddings[axis]?.[0] ?? 0));
        return source.every((i, axis) => i >= 0 && i < size(x, axis)) ? get(x, source) : value;
      },
    );

export const concat =
  (axis: number) =>
  (...parts: Dense[]): Dense => {
    const length = parts.reduce((total, part) => total + size(part, axis), 0);
    return build((parts[0] as Dense).shape.with(axis, length), (index) => {
      let position = index[axis] as number;
      for (const part of parts) {
        if (position < size(part, axis)) return get(part, index.with(axis, position));
        position -= size(part, axis);
      }
      throw new RangeError('no part holds this position');
    });
  };

export const stack =
  (axis: number) =>
  (...parts: Dense[]): Dense =>
    concat(axis)(...parts.map(({ shape, values }) => ({ shape: shape.toSpliced(axis, 0, 1), values })));

export const gather =
  (axis: number) =>
  (x: Dense, indices: Dense): Dense => {
    const after = axis + indices.shape.length;
    return build([...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)], (index) =>
      get(x, [...index.slice(0, axis), get(indices, index.slice(axis, after)), ...index.slice(after)]),
    );
  };

export const broadcastTo = (shape: readonly number[]) => (x: Dense) =>
  build(shape, (index) =>
    get(
      x,
      x.shape.map((length, axis) => (length === 1 ? 0 : (index[axis + shape.length - x.shape.length] as number))),
    ),
  );

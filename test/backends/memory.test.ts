import {
  add,
  DisposedError,
  keep,
  memory,
  mul,
  neg,
  Parameter,
  reshape,
  sum,
  type Tensor,
  tensor,
  tidy,
} from '@fer/core';
import { describe, expect, it } from 'vitest';
import { onEveryBackend } from '../backends.ts';

/** What is alive beyond a starting point. */
function since({ tensors, bytes }: ReturnType<typeof memory>) {
  const now = memory();
  return { tensors: now.tensors - tensors, bytes: now.bytes - bytes };
}

onEveryBackend(() => {
  describe('memory', () => {
    it('counts tensors and bytes, and buffers once that several tensors share', () => {
      const start = memory();
      const x = tensor([1, 2, 3, 4, 5]);
      expect(since(start)).toEqual({ tensors: 1, bytes: 20 });
      const view = reshape(x, [5, 1]);
      const parameter = new Parameter(x);
      expect(since(start)).toEqual({ tensors: 3, bytes: 20 });
      const y = mul(x, 2);
      expect(since(start)).toEqual({ tensors: 4, bytes: 40 });
      for (const disposable of [x, view, y]) disposable.dispose();
      expect(since(start)).toEqual({ tensors: 1, bytes: 20 });
      parameter.dispose();
      expect(since(start)).toEqual({ tensors: 0, bytes: 0 });
    });
  });

  describe('dispose', () => {
    it('ends a tensor once', async () => {
      const start = memory();
      const x = tensor([1, 2]);
      expect(x.isDisposed).toBe(false);
      x.dispose();
      x.dispose();
      expect(x.isDisposed).toBe(true);
      expect(since(start)).toEqual({ tensors: 0, bytes: 0 });
      await expect(x.data()).rejects.toThrow('tensor: the float32 tensor [2] was disposed');
    });

    it('leaves other tensors on the same buffer alone', async () => {
      const x = tensor([1, 2]);
      const view = reshape(x, [2, 1]);
      x.dispose();
      // buffers that are given back are used again
      const other = tensor([3, 4]);
      expect(await view.array()).toEqual([[1], [2]]);
      expect(await other.array()).toEqual([3, 4]);
    });

    it('may follow a read that is still under way', async () => {
      const x = tensor([1, 2, 3, 4]);
      // the second time, no kernel has to be compiled first
      for (let run = 0; run < 2; run++) {
        const y = mul(x, 2);
        const reading = y.data();
        y.dispose();
        const other = neg(x);
        expect([...(await reading)]).toEqual([2, 4, 6, 8]);
        other.dispose();
      }
    });

    it('ends what `using` declares', () => {
      const start = memory();
      {
        using x = tensor([1]);
        using y = mul(x, 2);
        expect(since(start).tensors).toBe(y.size + x.size);
      }
      expect(since(start)).toEqual({ tensors: 0, bytes: 0 });
    });

    it('ends a parameter with its gradient', () => {
      const start = memory();
      const w = new Parameter(tidy(() => tensor([1, 2]))); // the tensor lives on: tidy returned it
      tidy(() => sum(w).backward());
      w.dispose();
      expect(w.grad).toBeUndefined();
      expect(since(start)).toEqual({ tensors: 1, bytes: 8 });
    });
  });

  describe('tidy', () => {
    it('disposes what was made in it, but its result', async () => {
      const start = memory();
      const result = tidy(() => add(mul(tensor([1, 2]), 2), 1));
      expect(since(start)).toEqual({ tensors: 1, bytes: 8 });
      expect(await result.array()).toEqual([3, 5]);
      result.dispose();
    });

    it('finds results within arrays and plain objects', () => {
      const start = memory();
      const { pair, named } = tidy(() => {
        const x = tensor([1]);
        const pair: [Tensor, Tensor] = [mul(x, 2), mul(x, 3)];
        return { pair, named: { inner: mul(x, 4), count: 1, nothing: null } };
      });
      expect(since(start).tensors).toBe(3);
      expect([...pair, named.inner].every((tensor) => !tensor.isDisposed)).toBe(true);
      for (const tensor of [...pair, named.inner]) tensor.dispose();
      expect(since(start).tensors).toBe(0);
    });

    it('hands its result to the scope around it', () => {
      const start = memory();
      let inner: Tensor | undefined;
      tidy(() => {
        inner = tidy(() => tensor([1]));
        expect(inner.isDisposed).toBe(false);
      });
      expect(inner?.isDisposed).toBe(true);
      expect(since(start).tensors).toBe(0);
    });

    it('leaves alone what was made before it, parameters and what is kept', () => {
      const before = tensor([1]);
      const made = tidy(() => {
        const parameter = new Parameter(tensor([1]));
        const kept = keep(tidy(() => keep(tensor([2]))));
        add(before, 1);
        return () => [parameter, kept];
      });
      expect(before.isDisposed).toBe(false);
      expect(made().map(({ isDisposed }) => isDisposed)).toEqual([false, false]);
    });

    it('disposes when the function throws', () => {
      const start = memory();
      expect(() =>
        tidy(() => {
          tensor([1]);
          throw new Error('broken');
        }),
      ).toThrow('broken');
      expect(since(start).tensors).toBe(0);
      tidy(() => tensor([1])).dispose();
      expect(since(start).tensors).toBe(0);
    });

    it('takes a function that disposes on its own', () => {
      const start = memory();
      tidy(() => tensor([1]).dispose());
      expect(since(start).tensors).toBe(0);
    });

    it('refuses a promise', () => {
      const start = memory();
      expect(() => tidy(async () => tensor([1]))).toThrow(
        'tidy: the function must not return a promise; await outside of tidy',
      );
      expect(since(start).tensors).toBe(0);
    });
  });

  describe('parameters', () => {
    it('keep their elements when the tensor they were made from ends', async () => {
      const value = tensor([1, 2]);
      const w = new Parameter(value);
      value.dispose();
      expect(await w.array()).toEqual([1, 2]);
    });

    it('keep a gradient that they are given again', async () => {
      const w = new Parameter(tensor([1, 2]));
      w.setGrad(tensor([3, 4]));
      w.setGrad(w.grad);
      expect(await w.grad?.array()).toEqual([3, 4]);
    });

    it('take nothing once they are disposed', () => {
      using start = tensor([1, 2]);
      const before = memory();
      const [w, value] = [new Parameter(start), tensor([3, 4])];
      w.dispose();
      expect(() => w.assign(value)).toThrow(DisposedError);
      value.dispose();
      expect(since(before)).toEqual({ tensors: 0, bytes: 0 });
    });

    it('take new elements, and give back the old ones', async () => {
      const w = new Parameter(tensor([1, 2]));
      const start = memory();
      for (let i = 0; i < 3; i++) {
        using value = tensor([i, i]);
        w.assign(value);
      }
      expect(await w.array()).toEqual([2, 2]);
      expect(since(start)).toEqual({ tensors: 0, bytes: 8 }); // the first elements belong to the first tensor as well
    });
  });
});

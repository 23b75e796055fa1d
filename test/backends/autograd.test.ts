import {
  add,
  exp,
  grad,
  gradientCheck,
  matMul,
  memory,
  mul,
  noGrad,
  Parameter,
  relu,
  reshape,
  sub,
  sum,
  type Tensor,
  tensor,
  tidy,
} from '@fer/core';
import { describe, expect, it } from 'vitest';
import { onEveryBackend } from '../backends.ts';

/** Runs backward within a scope of its own. */
const differentiate = (loss: () => Tensor) => tidy(() => loss().backward());

onEveryBackend(() => {
  describe('backward', () => {
    it('adds up the gradients of every path', async () => {
      const w = new Parameter(tensor([1, 2, 3]));
      // d/dw of w^2 + 3 w + w
      differentiate(() => sum(add(add(mul(w, w), mul(w, 3)), w)));
      expect(await w.grad?.array()).toEqual([6, 8, 10]);
    });

    it('passes through tensors that several operators use', async () => {
      const w = new Parameter(tensor([1, 2]));
      differentiate(() => {
        const shared = mul(w, 2);
        const left = mul(shared, shared);
        return sum(sub(mul(left, shared), shared)); // 8 w^3 - 2 w
      });
      expect(await w.grad?.array()).toEqual([22, 94]);
    });

    it('passes one gradient to both operands of an operator', async () => {
      const w = new Parameter(tensor([1, 2]));
      const v = new Parameter(tensor([3, 4]));
      differentiate(() => sum(add(w, v)));
      expect(await w.grad?.array()).toEqual([1, 1]);
      expect(await v.grad?.array()).toEqual([1, 1]);
      differentiate(() => sum(add(w, w)));
      expect(await w.grad?.array()).toEqual([3, 3]);
      expect(await v.grad?.array()).toEqual([1, 1]);
    });

    it('accumulates until zeroGrad', async () => {
      const w = new Parameter(tensor([1, 2]));
      for (let i = 0; i < 3; i++) differentiate(() => sum(mul(w, w)));
      expect(await w.grad?.array()).toEqual([6, 12]);
      w.zeroGrad();
      expect(w.grad).toBeUndefined();
      differentiate(() => sum(mul(w, w)));
      expect(await w.grad?.array()).toEqual([2, 4]);
    });

    it('may run twice on the same graph', async () => {
      const w = new Parameter(tensor([1, 2]));
      const loss = sum(exp(mul(w, 0)));
      loss.backward();
      loss.backward();
      expect(await w.grad?.array()).toEqual([0, 0]);
      const square = sum(mul(w, w));
      square.backward();
      square.backward();
      expect(await w.grad?.array()).toEqual([4, 8]);
    });

    it('reaches parameters only if they are trainable', async () => {
      const frozen = new Parameter(tensor([2, 3]), { trainable: false });
      const w = new Parameter(tensor([5, 7]));
      differentiate(() => sum(mul(w, frozen)));
      expect(frozen.grad).toBeUndefined();
      expect(await w.grad?.array()).toEqual([2, 3]);
    });

    it('visits only what the loss was computed from', () => {
      const [w, other] = [new Parameter(tensor([1])), new Parameter(tensor([1]))];
      differentiate(() => {
        mul(other, 2);
        return sum(mul(w, 2));
      });
      expect(w.grad).toBeDefined();
      expect(other.grad).toBeUndefined();
    });

    it('differentiates a parameter itself', async () => {
      const w = new Parameter(tensor([[4]]));
      w.backward();
      expect(await w.grad?.array()).toEqual([[1]]);
    });

    it('passes through graphs that are deeper than the call stack', async () => {
      const w = new Parameter(tensor([2]));
      differentiate(() => {
        let x = mul(w, 3);
        for (let i = 0; i < 20_000; i++) x = reshape(x, i % 2 === 0 ? [1, 1] : [1]);
        return sum(x);
      });
      expect(await w.grad?.array()).toEqual([3]);
    });

    it('leaves nothing behind but the gradients', () => {
      const w = new Parameter(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      );
      const before = memory();
      differentiate(() => sum(relu(matMul(w, w, { activation: 'tanh' }))));
      expect(memory()).toEqual({ tensors: before.tensors + 1, bytes: before.bytes + 16 });
      differentiate(() => sum(relu(matMul(w, w, { activation: 'tanh' }))));
      expect(memory()).toEqual({ tensors: before.tensors + 1, bytes: before.bytes + 16 });
    });

    it('survives an error within the graph', async () => {
      const w = new Parameter(tensor([1, 2]));
      expect(() => differentiate(() => sum(mul(w, tensor([1, 2, 3]))))).toThrow('do not broadcast');
      differentiate(() => sum(w));
      expect(await w.grad?.array()).toEqual([1, 1]);
    });
  });

  describe('noGrad', () => {
    it('gives constants', async () => {
      const w = new Parameter(tensor([1, 2]));
      const squares = noGrad(() => mul(w, w));
      expect(squares.requiresGrad).toBe(false);
      expect(mul(w, w).requiresGrad).toBe(true);
      differentiate(() => sum(mul(w, squares)));
      expect(await w.grad?.array()).toEqual([1, 4]);
    });

    it('records again after an error, and after an inner noGrad', () => {
      const w = new Parameter(tensor([1]));
      expect(() => noGrad(() => reshape(w, [2]))).toThrow();
      expect(mul(w, 2).requiresGrad).toBe(true);
      const outer = noGrad(() => {
        noGrad(() => mul(w, 2));
        return mul(w, 2);
      });
      expect(outer.requiresGrad).toBe(false);
    });
  });

  describe('grad', () => {
    it('differentiates a function by its first argument', async () => {
      const derivative = grad((x: Tensor, factor: number, y: Tensor) => sum(mul(mul(x, y), factor)));
      const before = memory().tensors;
      const x = tensor([1, 2]);
      const y = tensor([3, 5]);
      const result = derivative(x, 10, y);
      expect(await result.array()).toEqual([30, 50]);
      expect(memory().tensors).toBe(before + 3);
      expect(x.isDisposed || y.isDisposed).toBe(false);
    });
  });

  describe('grad and gradientCheck', () => {
    it('leave other parameters alone', async () => {
      const w = new Parameter(tensor([3, 5]));
      const x = tensor([1, 2]);
      const f = (x: Tensor) => sum(mul(mul(x, w), exp(mul(w, 0))));
      const before = memory().tensors;
      expect(await grad(f)(x).array()).toEqual([3, 5]);
      expect(await gradientCheck(f, [x])).toBeLessThan(1e-2);
      expect(w.grad).toBeUndefined();
      expect(memory().tensors).toBe(before + 1);
    });

    it('leave nothing behind if the function throws', async () => {
      const x = tensor([1, 2]);
      const before = memory();
      const broken = () => {
        throw new Error('broken');
      };
      expect(() => grad(broken)(x)).toThrow('broken');
      await expect(gradientCheck(broken, [x])).rejects.toThrow('broken');
      expect(memory()).toEqual(before);
    });
  });

  describe('gradientCheck', () => {
    const inputs = () => [
      tensor([
        [0.5, -1.5],
        [2, 1],
      ]),
      tensor([
        [1, 2],
        [-1, 0.5],
      ]),
    ];

    it('accepts right derivatives, and tells the largest difference', async () => {
      const before = memory();
      const [a, b] = inputs() as [Tensor, Tensor];
      const worst = await gradientCheck((x, y) => matMul(x, exp(y)), [a, b]);
      expect(worst).toBeGreaterThan(0);
      expect(worst).toBeLessThan(1e-2);
      a.dispose();
      b.dispose();
      expect(memory()).toEqual(before);
    });

    it('refuses wrong ones, and names input and element', async () => {
      const before = memory();
      const [a, b] = inputs() as [Tensor, Tensor];
      // the derivative by y lacks the second factor's part
      const wrong = (x: Tensor, y: Tensor) =>
        mul(
          x,
          mul(
            y,
            noGrad(() => mul(y, 1)),
          ),
        );
      await expect(gradientCheck(wrong, [a, b])).rejects.toThrow(
        /gradientCheck: input 1 \[2,2\], element 0: derivative \S+, but differences give \S+/,
      );
      a.dispose();
      b.dispose();
      expect(memory()).toEqual(before);
    });

    it('refuses a missing gradient', async () => {
      await expect(
        gradientCheck(
          (x) =>
            add(
              x,
              noGrad(() => mul(x, x)),
            ),
          [tensor([1, 2])],
        ),
      ).rejects.toThrow(/input 0/);
    });

    it('compares by the given step and tolerance', async () => {
      const cubic = (x: Tensor) => mul(x, mul(x, x));
      // a step of 0.5 is off by 0.25 in a derivative of 3
      await expect(gradientCheck(cubic, [tensor([1])], { epsilon: 0.5 })).rejects.toThrow(/differences give/);
      await gradientCheck(cubic, [tensor([1])], { epsilon: 0.5, tolerance: 0.2 });
    });
  });
});

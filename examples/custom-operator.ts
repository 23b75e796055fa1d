/** @file Two operators of one's own: one that gets its derivative by itself, and one whose derivative is declared. */
import * as fer from '@fer/core';

console.log(`Computing on the backend ${await fer.setBackend('auto')}.`);
const random = new fer.Random(1);

/** Misra 2019: x tanh(log(1 + e^x)). An operator made of others is a function; what it is made of has derivatives. */
const mish = (x: fer.Tensor) => fer.mul(x, fer.tanh(fer.softplus(x)));

const difference = await fer.gradientCheck(mish, [fer.randomNormal([3, 4], random)]);
console.log(`mish: its derivative is within ${difference.toExponential(1)} of central differences`);

/**
 * f(x), which backward() takes for a function with another derivative. That is f(x) + slope (x - x0) where f(x), slope and x0,
 * a copy of x, are constants: nothing within noGrad is recorded. x - x0 is 0, but its derivative is 1.
 */
function withDerivative(x: fer.Tensor, f: (x: fer.Tensor) => fer.Tensor, slopeOf: typeof f): fer.Tensor {
  const [y, slope, x0] = fer.noGrad(() => [f(x), slopeOf(x), fer.reshape(x, x.shape)] as const);
  return fer.add(y, fer.mul(slope, fer.sub(x, x0)));
}

/** The sign, through which nothing could be learned: its derivative is 0. Bengio et al. 2013 let dy pass where |x| < 1. */
const binary = (x: fer.Tensor) => withDerivative(x, fer.sign, (x) => fer.cast(fer.less(fer.abs(x), 1), 'float32'));

// Learns eight weights, each of which is used as +1 or -1, from what they make of random inputs.
const truth = fer.tensor([1, -1, -1, 1, 1, -1, 1, -1], [8, 1]);
const weights = new fer.Parameter(fer.randomUniform([8, 1], random, -0.1, 0.1));
const hyper = { learningRate: 0.001, momentum: 0, nesterov: false, weightDecay: 0, decoupled: false };
for (let step = 0; step <= 40; step++) {
  const loss = fer.tidy(() => {
    const inputs = fer.randomNormal([16, 8], random);
    const loss = fer.mse(fer.matMul(inputs, binary(weights)), fer.matMul(inputs, truth));
    loss.backward();
    fer.sgdUpdate(weights, undefined, hyper);
    weights.zeroGrad();
    return loss;
  });
  if (step % 10 === 0) console.log(`step ${String(step).padStart(2)}  loss ${(await loss.item()).toFixed(4)}`);
  loss.dispose();
}
const learned = fer.sign(weights);
console.log(`learned ${await learned.data()}`);
console.log(`truth   ${await truth.data()}`);

/** @file Optimizers, one weight at a time: each is a function of (weight, gradient, step from 1) that keeps its state. */

export type Step = (w: number, g: number, step: number) => number;

interface Rates {
  readonly learningRate: number;
  readonly weightDecay?: number;
  readonly decoupled?: boolean;
}

/** L2 decay changes the gradient, decoupled decay the weight before the step. */
function withDecay({ learningRate, weightDecay = 0, decoupled = false }: Rates, step: Step): Step {
  return (w, g, t) => (decoupled ? step(w - learningRate * weightDecay * w, g, t) : step(w, g + weightDecay * w, t));
}

export function sgd(settings: Rates & { momentum: number; nesterov?: boolean }): Step {
  const { learningRate, momentum, nesterov = false } = settings;
  let v = 0;
  return withDecay(settings, (w, g) => {
    v = momentum * v - learningRate * g;
    return nesterov ? w + momentum * v - learningRate * g : w + v;
  });
}

interface AdamSettings extends Rates {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export function adam(settings: AdamSettings): Step {
  const { learningRate, beta1, beta2, epsilon } = settings;
  let [m, v] = [0, 0];
  return withDecay(settings, (w, g, t) => {
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g ** 2;
    const rate = (learningRate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
    return w - (rate * m) / (Math.sqrt(v) + epsilon);
  });
}

export function adamax(settings: AdamSettings): Step {
  const { learningRate, beta1, beta2, epsilon } = settings;
  let [m, u] = [0, 0];
  return withDecay(settings, (w, g, t) => {
    m = beta1 * m + (1 - beta1) * g;
    u = Math.max(beta2 * u, Math.abs(g));
    return w - ((learningRate / (1 - beta1 ** t)) * m) / (u + epsilon);
  });
}

export function rmsprop(
  settings: Rates & { rho: number; momentum: number; epsilon: number; centered?: boolean },
): Step {
  const { learningRate, rho, momentum, epsilon, centered = false } = settings;
  let [meanSquare, mean, v] = [0, 0, 0];
  return withDecay(settings, (w, g) => {
    meanSquare = rho * meanSquare + (1 - rho) * g ** 2;
    mean = rho * mean + (1 - rho) * g;
    const denominator = meanSquare - (centered ? mean ** 2 : 0) + epsilon;
    v = momentum * v + (learningRate * g) / Math.sqrt(denominator);
    return w - v;
  });
}

/** @file Where in an image a model finds a class. */
import {
  ArgumentError,
  argMax,
  div,
  grad,
  max,
  maximum,
  mean,
  minimum,
  mul,
  noGrad,
  type Parameter,
  relu,
  resizeBilinear,
  ShapeError,
  sum,
  type Tensor,
  tensor,
  tidy,
} from '@fer/core';
import { probabilitiesOf } from './labels.ts';
import { ZeroPadding2D } from './layers/index.ts';
import { Model } from './model.ts';
import { input, reapplied, type SymbolicTensor, topologicalOrder } from './symbolic.ts';

export interface GradCamOptions {
  /**
   * The layer whose channels are weighed, at its last application. Earlier ones see finer. Unless given, the last one of 25
   * pixels or more, or else of two, that everything after it passes through.
   */
  readonly layer?: string;
  /** A class for each example; the one of its highest score unless given. */
  readonly classes?: readonly number[];
}

/** Maps of 3x3 pixels, with which networks for small faces end, say little. */
const ENOUGH_PIXELS = 25;

/** Keeps examples in which nothing speaks for the class at 0. */
const SMALLEST_PEAK = 1e-30;

/**
 * The places that speak for a class: Grad-CAM (Selvaraju et al. 2017). The channels of a layer's result are added up, each
 * by the mean derivative of the class' score with respect to it; what is negative speaks against the class, and is 0.
 * @param model Gives logits: behind a softmax the derivatives of a sure prediction vanish.
 * @param x [N, height, width, channels]
 * @returns [N, height, width, 1], from 0 to 1, which is each example's strongest place
 * @throws ShapeError; ArgumentError for classes that do not fit, and for a layer that does not exist, has no pixels, or is
 * passed by on another way
 */
export function gradCam(model: Model, x: Tensor, { layer, classes }: GradCamOptions = {}): Tensor {
  model.checkInput(x);
  if (x.rank !== 4) throw new ShapeError('gradCam', `expected x [N,height,width,channels] but got [${x.shape}]`);
  const [batch = 0, height = 0, width = 0] = x.shape;
  const [count = 0] = model.output.shape;
  if (model.output.shape.length !== 1)
    throw new ShapeError('gradCam', `${model.label} must give scores [N,classes] but gives [N,${model.output.shape}]`);
  checkClasses(classes, batch, count);
  const place = layer === undefined ? lastWithPixels(model) : resultOf(model, layer);
  const head = headOf(model, place);
  return tidy(() => {
    const features = noGrad(() => new Model({ input: model.input, output: place }).forward(x));
    const score = (values: Tensor) => {
      const scores = head.forward(values);
      const chosen = classes ? tensor(classes, [batch], 'int32', x.backend) : argMax(scores);
      return sum(mul(scores, probabilitiesOf(chosen, count)));
    };
    const derivative = frozen(head, () => grad(score)(features));
    const heat = relu(sum(mul(features, mean(derivative, [1, 2], true)), -1, true));
    const large = resizeBilinear(heat, [height, width]);
    // GPUs may divide a number by itself and get more than 1
    return minimum(div(large, maximum(max(large, [1, 2], true), SMALLEST_PEAK)), 1);
  });
}

function checkClasses(classes: readonly number[] | undefined, batch: number, count: number): void {
  if (!classes) return;
  if (classes.length !== batch)
    throw new ArgumentError('gradCam', `classes must be one for each of ${batch} examples but are ${classes.length}`);
  const wrong = classes.find((index) => !(Number.isInteger(index) && index >= 0 && index < count));
  if (wrong !== undefined)
    throw new ArgumentError('gradCam', `classes must be from 0 to ${count - 1} but one is ${wrong}`);
}

/** The deepest layer that still tells places apart. Padding would shift its pixels over the image. */
function lastWithPixels(model: Model): SymbolicTensor {
  const candidates = passages(model).filter(
    ({ layer, shape }) => layer && !(layer instanceof ZeroPadding2D) && shape.length === 3,
  );
  const last = (least: number) => candidates.findLast(({ shape: [height = 0, width = 0] }) => height * width >= least);
  const place = last(ENOUGH_PIXELS) ?? last(2);
  if (!place) throw new ArgumentError('gradCam', `no layer of ${model.label} has more than a pixel`);
  return place;
}

/** The results without which nothing after them can be computed. */
function passages({ order }: Model): SymbolicTensor[] {
  const lastUses = new Map(order.flatMap(({ inputs }, i) => inputs.map((operand) => [operand, i] as const)));
  let reach = 0; // how far the results before this one are used
  return order.filter((symbolic, i) => {
    const isPassage = reach <= i;
    reach = Math.max(reach, lastUses.get(symbolic) ?? 0);
    return isPassage;
  });
}

function resultOf(model: Model, name: string): SymbolicTensor {
  const { output } = model.submodel(name);
  if (output.shape.length !== 3)
    throw new ArgumentError(
      'gradCam',
      `the results of ${output.layer?.label} must be images but are [${output.shape}]`,
    );
  return output;
}

/** The rest of a model, from a result on. */
function headOf(model: Model, from: SymbolicTensor): Model {
  const start = input(from.shape);
  return new Model({ input: start, output: reapplied(rest(model, from), start) });
}

function rest(model: Model, from: SymbolicTensor): SymbolicTensor[] {
  try {
    return topologicalOrder(from, model.output);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    throw new ArgumentError('gradCam', `the scores depend on more than the result of ${from.layer?.label}`);
  }
}

/** Calls `fn` while the weights collect no derivatives. */
function frozen<T>(model: Model, fn: () => T): T {
  const collecting: Parameter[] = [...model.weights.values()].filter(({ trainable }) => trainable);
  for (const weight of collecting) weight.trainable = false;
  try {
    return fn();
  } finally {
    for (const weight of collecting) weight.trainable = true;
  }
}

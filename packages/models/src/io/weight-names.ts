/** @file What Keras calls a weight in its files, and what a model does. */

/** Names of Keras 1, which the oldest files of Keras Applications have: block1_conv1_W_1. */
const LEGACY = new Map([
  ['W', 'kernel'],
  ['b', 'bias'],
  ['gamma', 'gamma'],
  ['beta', 'beta'],
  ['running_mean', 'moving_mean'],
  ['running_std', 'moving_variance'],
]);

/**
 * What a model may call the weight of that path, the likeliest first. A path is that of the layer, then that of the weight,
 * which begins with the layer again: `conv/conv/kernel:0`; weights of nested models have the inner layer there, after
 * scopes: `base/base_1/conv/kernel:0`. tfjs has the second part alone.
 */
export function namesOf(path: string): string[] {
  const segments = path.split('/');
  const weights = weightNames(segments.pop() ?? '');
  const fromStart = segments.map((_, i) => segments.slice(0, i + 1));
  const fromEnd = segments.map((_, i) => segments.slice(i)).reverse();
  // names such as conv1/bn were written with a slash before Keras 3
  const layers = [...fromStart, ...fromEnd].flatMap((run) => [run.join('/'), run.join('_')]);
  return layers.flatMap((layer) => weights.map((weight) => `${layer}/${weight}`));
}

/** `kernel:0` is TensorFlow's name of the first result of the operation `kernel`. */
function weightNames(name: string): string[] {
  const plain = name.replace(/:\d+$/, '');
  const [, legacy = ''] = /_(W|b|gamma|beta|running_mean|running_std)(?:_\d+)?$/.exec(plain) ?? [];
  // Keras 3 calls a depthwise kernel like any other
  return plain === 'kernel' ? ['kernel', 'depthwise_kernel'] : [LEGACY.get(legacy) ?? plain];
}

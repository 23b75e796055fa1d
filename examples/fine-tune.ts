/** @file Teaches a trained network new classes: its features stay as they are, a new classifier is trained on top of them. */
import { setBackend } from '@fer/core';
import { syntheticFaces } from '@fer/data';
import { Adam, evaluate, fit } from '@fer/layers';
import { averageHead, loadPretrained, withHead } from '@fer/models';

console.log(`Training on the backend ${await setBackend('auto')}.`);

// A network that was trained on photographs of seven expressions, without its classifier.
const { model: pretrained, preprocess } = await loadPretrained('mobi-express-net');
const lastFeatures = pretrained.layers.findLast(({ name }) => name?.endsWith('relu'));
const features = pretrained.submodel(lastFeatures?.name ?? '');
features.trainable = false;

// The new task: drawn faces, few of them, of three classes.
const classes = ['happy', 'sad', 'surprise'];
const faces = (seed: number, count: number) =>
  syntheticFaces({ seed, count }).keepClasses(classes).map(preprocess).shuffle({ seed }).batch(16);
const [train, test] = [faces(1, 140), faces(2, 210)];

const net = withHead(features, averageHead(classes.length), { seed: 1 });
const { total, trainable } = net.countParams();
console.log(`${trainable.toLocaleString('en')} of ${total.toLocaleString('en')} weights are trained`);

const accuracy = async () => `${(100 * ((await evaluate(net, test)).accuracy ?? 0)).toFixed(1)} %`;
console.log(`before          ${await accuracy()} of unseen faces are recognised`);

await fit(net, { train, epochs: 15, optimizer: new Adam({ learningRate: 0.01 }) });
console.log(`new classifier  ${await accuracy()}`);

// Now that the classifier fits, the features may follow: slowly, or they forget what they know.
features.trainable = true;
await fit(net, { train, epochs: 5, optimizer: new Adam({ learningRate: 0.0005 }) });
console.log(`fine-tuned      ${await accuracy()}`);

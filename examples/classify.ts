/** @file Says what drawn faces show, by FerNet, which comes with the package. */
import { encodePng, FER2013_CLASSES, syntheticFaces } from '@fer/data';
import { expressionClassifier } from '@fer/models';

const classify = await expressionClassifier();
console.log(classify.card.split('\n')[0]);

const faces = syntheticFaces({ seed: 3, count: 7 });
for (const { image, label } of faces.items) {
  const png = await encodePng(image); // it takes files, arrays, and in browsers whatever can be drawn
  const [first, second] = (await classify(png)).map((one) => `${one.label} ${(100 * one.probability).toFixed(1)} %`);
  console.log(`${FER2013_CLASSES[label]?.padEnd(8)} -> ${first}, ${second}`);
}
classify.dispose();

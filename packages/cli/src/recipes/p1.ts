/** @file P1: MobileNetV2 at 224x224. */
import { affine, enlarged, FACE, FLIP, type Recipe } from './recipe.ts';

export const p1: Recipe = {
  title: 'MobileNetV2 on FER2013 at 224x224',
  source: 'Puspita et al., JERKIN 4(4), 2026, doi 10.31004/jerkin.v4i4.6763',
  notes: [
    'The paper does not say by how much it shifts: 20 %, as its other ranges, here.',
    'Its 90.27 % of the test is the validation accuracy of epoch 30; its confusion matrix has 5 of the 7 classes and 88.8 %.',
    'Single networks reach 73 to 74 % on FER2013 without other data: its figures are not reproducible on the published data.',
  ],
  variants: {
    'mobilenet-v2': {
      title: 'MobileNetV2, Adam',
      dataset: 'fer2013',
      experiment: {
        data: {
          split: { by: 'ratio', ratios: [0.7, 0.15, 0.15] },
          imageSize: FACE,
          augment: [affine({ rotation: 20, widthShift: 0.2, heightShift: 0.2, zoom: 0.2 }), FLIP],
          preprocess: enlarged(224),
        },
        network: { name: 'mobilenet-v2', options: { inputShape: [224, 224, 3] } },
        training: {
          epochs: 30,
          batchSize: 32,
          optimizer: { name: 'Adam', learningRate: 0.001 },
          selection: 'valAccuracy',
        },
        evaluation: { crops: 1 },
        seed: 1,
      },
      reported: {
        accuracy: 0.9027,
        precision: 0.8984,
        recall: 0.8912,
        f1: 0.8947,
        'epoch 5 accuracy': 0.7845,
        'epoch 5 validation accuracy': 0.7532,
        'epoch 10 accuracy': 0.8471,
        'epoch 10 validation accuracy': 0.8215,
        'epoch 15 accuracy': 0.8826,
        'epoch 15 validation accuracy': 0.8574,
        'epoch 20 accuracy': 0.9013,
        'epoch 20 validation accuracy': 0.8764,
        'epoch 25 accuracy': 0.9142,
        'epoch 25 validation accuracy': 0.8906,
        'epoch 30 accuracy': 0.9235,
        'epoch 30 validation accuracy': 0.9027,
      },
    },
  },
};

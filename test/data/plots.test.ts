import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ArgumentError, ShapeError } from '@fer/core';
import {
  classificationReport,
  classScoresPlot,
  confusionMatrixPlot,
  decodeImage,
  encodePng,
  featureMaps,
  flip,
  heatOverlay,
  type Image,
  imageGrid,
  type PlotSpec,
  renderPng,
  renderSvg,
  sampleGrid,
  trainingCurves,
  transformPreview,
} from '@fer/data';
import ndarray from 'ndarray';
import { describe, expect, it } from 'vitest';
import { gray, image, rows, values } from './images.ts';

const classes = ['angry', 'happy', 'sad'];

const epochs = [
  { epoch: 1, loss: 1.5, valLoss: 1.4, accuracy: 0.3, valAccuracy: 0.35, learningRate: 0.1 },
  { epoch: 2, loss: 1.0, valLoss: 1.123, accuracy: 0.5, valAccuracy: 0.456, learningRate: 0.1 },
  { epoch: 3, loss: 0.8, valLoss: 1.2, accuracy: 0.6, valAccuracy: 0.44, learningRate: 0.01 },
];

const face = (shade: number): Image => ndarray(new Uint8Array(48 * 48).fill(shade), [48, 48, 1]);

/** The texts of a picture, in the order of the document. */
async function textsOf(spec: PlotSpec): Promise<string[]> {
  const svg = await renderSvg(spec);
  expect(svg).toMatch(/^<svg .*<\/svg>$/s);
  return [...svg.matchAll(/<text[^>]*>(.*?)<\/text>/gs)].map(([, text = '']) =>
    text.replaceAll(/(<[^>]*>)+/g, ' ').trim(),
  );
}

describe('training curves', () => {
  it('show loss and accuracy, and mark the best epoch of each', async () => {
    const texts = await textsOf(trainingCurves(epochs, { title: 'A run', subtitle: 'with Adam' }));
    expect(texts).toEqual(expect.arrayContaining(['A run', 'with Adam', 'Training', 'Validation']));
    expect(texts).toEqual(expect.arrayContaining(['Loss', 'Accuracy', 'best 1.12, epoch 2', 'best 45.6%, epoch 2']));
    expect(texts.filter((text) => text === 'Epoch')).toHaveLength(2);
  });

  it('show any other metric, leave gaps for NaN, and do without validation', async () => {
    const texts = await textsOf(trainingCurves(epochs, { metrics: ['learningRate'] }));
    expect(texts).toContain('LearningRate');
    expect(texts.filter((text) => text.startsWith('best'))).toEqual([]);
    const broken = [...epochs, { epoch: 4, loss: Number.NaN, valLoss: Number.NaN }];
    expect(await textsOf(trainingCurves(broken))).toContain('best 1.12, epoch 2');
  });

  it('refuse what is not there', () => {
    expect(() => trainingCurves([])).toThrow(ArgumentError);
    expect(() => trainingCurves(epochs, { metrics: ['f1'] })).toThrow(
      'trainingCurves: metrics must be among epoch, loss, valLoss, accuracy, valAccuracy, learningRate but hold f1',
    );
  });
});

describe('confusion matrix', () => {
  const matrix = [
    [1200, 300, 0],
    [5, 95, 0],
    [0, 0, 0],
  ];

  it('shows counts', async () => {
    const texts = await textsOf(confusionMatrixPlot(matrix, { classes }));
    expect(texts).toEqual(
      expect.arrayContaining(['1,200', '300', '5', '95', 'Predicted class', 'Actual class', ...classes]),
    );
  });

  it('shows shares of the actual class, of one without samples too', async () => {
    const texts = await textsOf(confusionMatrixPlot(matrix, { classes, normalise: true }));
    expect(texts).toEqual(expect.arrayContaining(['80', '20', '5.0', '95']));
    expect(texts.filter((text) => text === '0')).toHaveLength(5);
    expect(texts.join()).not.toContain('NaN');
  });

  it('refuses other numbers of classes', () => {
    expect(() => confusionMatrixPlot(matrix, { classes: ['a', 'b'] })).toThrow(ShapeError);
  });
});

describe('scores by class', () => {
  it('shows every class with its support', async () => {
    const report = classificationReport([0, 0, 1, 2], [0, 1, 1, 2], { classes });
    const texts = await textsOf(classScoresPlot(report));
    expect(texts).toEqual(expect.arrayContaining(['Precision', 'Recall', 'F1', 'angry n = 2', 'sad n = 1']));
    expect(texts).toContain('Accuracy 75.0%, macro F1 77.8%');
  });
});

/** The pictures within a picture. */
async function imagesOf(spec: PlotSpec): Promise<Image[]> {
  const svg = await renderSvg(spec);
  const urls = [...svg.matchAll(/href="data:image\/png;base64,([^"]+)"/g)].map(([, data = '']) => data);
  return Promise.all(urls.map((data) => decodeImage(Buffer.from(data, 'base64'))));
}

describe('sample grid', () => {
  it('shows images with their predictions', async () => {
    const samples = [
      { image: face(10), label: 0, prediction: 0, probability: 0.934 },
      { image: face(200), label: 1, prediction: 2, probability: 0.5 },
    ];
    const spec = await sampleGrid(samples, { classes });
    expect(await textsOf(spec)).toEqual(
      expect.arrayContaining(['angry 93%', 'sad 50%', 'actual: happy', 'Right', 'Wrong']),
    );
    const shown = await imagesOf(spec);
    expect(shown.map((x) => x.get(7, 9, 0))).toEqual([10, 200]);
  });

  it('shows images with their classes', async () => {
    const texts = await textsOf(await sampleGrid([{ image: face(10), label: 2 }], { classes, title: 'Data' }));
    expect(texts).toEqual(expect.arrayContaining(['sad', 'Data']));
    expect(texts).not.toContain('Right');
  });

  it('refuses classes that do not exist', async () => {
    await expect(sampleGrid([{ image: face(1), label: 3 }], { classes })).rejects.toThrow(
      'there is no class 3, only 3',
    );
  });
});

describe('feature maps', () => {
  it('colours all channels on one scale', async () => {
    const features = image([1, 2, 2], [0, 5, 10, 10]);
    const spec = await featureMaps(features as ReturnType<typeof ndarray<Float32Array>>);
    expect(await textsOf(spec)).toEqual(expect.arrayContaining(['Value', '2 channels of 1 x 2']));
    const [first, second] = await imagesOf(spec);
    const ends = (x: Image | undefined) =>
      [0, (x?.shape[1] ?? 1) - 1].map((j) => [0, 1, 2].map((c) => x?.get(0, j, c)));
    // viridis from its first to its last colour; the middle lies between two
    expect(ends(first)).toEqual([
      [68, 1, 84],
      [253, 231, 37],
    ]);
    expect(ends(second)[1]).toEqual([253, 231, 37]);
    expect(ends(second)[0]?.[1]).toBeCloseTo(144, 0);
  });

  it('refuses what cannot be shown', async () => {
    const nan = image([1, 1, 1], [Number.NaN]) as ReturnType<typeof ndarray<Float32Array>>;
    await expect(featureMaps(nan)).rejects.toThrow('featureMaps: features must be finite');
  });
});

describe('heatOverlay', () => {
  const image = (...pixels: number[]) => ndarray(Float32Array.from(pixels), [1, pixels.length, 1]);

  it('leaves cold places gray, and mixes hot ones with the colour of their heat', () => {
    const overlay = heatOverlay(image(-1, 1, 3), image(0, 0, 1));
    expect(overlay.shape).toEqual([1, 3, 3]);
    // viridis ends with 253, 231, 37; it takes the place of six tenths of white
    const yellow = [253, 231, 37].map((colour) => 0.4 * 255 + 0.6 * colour);
    const expected = [0, 0, 0, 127.5, 127.5, 127.5, ...yellow];
    for (const [i, value] of values(overlay).entries()) expect(value).toBeCloseTo(expected[i] as number, 3);
  });

  it('draws an image of one colour, and refuses what does not fit', () => {
    expect(values(heatOverlay(image(7, 7), image(0, 0)))).toEqual(Array(6).fill(0));
    expect(() => heatOverlay(image(1, 2), image(0))).toThrow('heatOverlay: heat must be [1,2,1] but is [1,1,1]');
    expect(() => heatOverlay(image(1), image(Number.NaN))).toThrow('heatOverlay: heat must be from 0 to 1 but is NaN');
    const colours = ndarray(new Float32Array(3), [1, 1, 3]);
    expect(() => heatOverlay(colours, colours)).toThrow('heatOverlay: image must be [height,width,1]');
  });
});

describe('PNG', () => {
  it('has text and colours, at the wanted size', async () => {
    const spec = confusionMatrixPlot(
      [
        [1, 0],
        [0, 1],
      ],
      { classes: ['yes', 'no'], title: 'Title' },
    );
    const [, width = '', height = ''] = /width="(\d+)" height="(\d+)"/.exec(await renderSvg(spec)) ?? [];
    for (const scale of [1, 2]) {
      const picture = await decodeImage(await renderPng(spec, { scale }));
      expect(picture.shape).toEqual([scale * Number(height), scale * Number(width), 3]);
      // the title's own letters, dark on white
      const title = picture.lo(16 * scale, 16 * scale, 0).hi(16 * scale, 40 * scale, 1);
      const dark = values(title).filter((value) => value < 100).length / title.size;
      expect(dark).toBeGreaterThan(0.1);
      expect(dark).toBeLessThan(0.5);
    }
    await expect(renderPng(spec, { scale: 0 })).rejects.toThrow('renderPng: scale must be from 0.1 to 10 but is 0');
  });

  it('is the same every time', async () => {
    const spec = trainingCurves(epochs);
    expect(await renderPng(spec)).toEqual(await renderPng(spec));
  });
});

describe('image grid', () => {
  it('enlarges images, side by side on white', () => {
    const grid = imageGrid([[gray([[1, 2]]), gray([[3], [4]])], [gray([[9]])]], { scale: 2, gap: 1 });
    expect(rows(grid)).toEqual([
      [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
      [255, 1, 1, 2, 2, 255, 3, 3, 255, 255, 255],
      [255, 1, 1, 2, 2, 255, 3, 3, 255, 255, 255],
      [255, 255, 255, 255, 255, 255, 4, 4, 255, 255, 255],
      [255, 255, 255, 255, 255, 255, 4, 4, 255, 255, 255],
      [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
      [255, 9, 9, 255, 255, 255, 255, 255, 255, 255, 255],
      [255, 9, 9, 255, 255, 255, 255, 255, 255, 255, 255],
      [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
      [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
      [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
    ]);
  });

  it('mixes gray and colour, and shows any range of values', () => {
    const grid = imageGrid([[image([1, 1, 3], [-1, 0, 1]), image([1, 1, 1], [0.5])]], {
      scale: 1,
      gap: 0,
      range: [-1, 1],
    });
    expect(values(grid)).toEqual([0, 128, 255, 191, 191, 191]);
  });

  it('previews a transform, and becomes a PNG file', async () => {
    const x = gray([[10, 20]]);
    const preview = transformPreview([x], flip({ probability: 1 }), { copies: 2, scale: 1, gap: 0 });
    expect(rows(preview)).toEqual([[10, 20, 20, 10, 20, 10]]);
    expect(rows(await decodeImage(await encodePng(preview)))).toEqual(rows(preview));
  });

  it('refuses what cannot be shown', () => {
    expect(() => imageGrid([[]])).toThrow('imageGrid: rows must hold images');
    expect(() => imageGrid([[image([1, 1, 2], [1, 2])]])).toThrow('images must have 1 or 3 channels but one has 2');
    expect(() => imageGrid([[gray([[1]])]], { range: [1, 1] })).toThrow('imageGrid: range must ascend but is [1,1]');
  });
});

it('importing the package loads neither Vega nor pngjs; drawing does', async () => {
  const program = `
    import { createRequire } from 'node:module';
    const { cache } = createRequire(import.meta.url);
    const loaded = () => ['vega', 'vega-lite', 'pngjs'].filter((name) => Object.keys(cache).some((file) => file.includes('/node_modules/' + name + '/')));
    const { renderSvg, trainingCurves } = await import('@fer/data');
    const before = loaded();
    await renderSvg(trainingCurves([{ loss: 1 }]));
    console.log(JSON.stringify([before, loaded()]));`;
  const options = ['--conditions=source', '--import', 'tsx', '--input-type=module', '--eval', program];
  const cwd = fileURLToPath(new URL('../', import.meta.url));
  const { stdout } = await promisify(execFile)('node', options, { cwd });
  expect(JSON.parse(stdout)).toEqual([[], ['vega', 'vega-lite']]);
});

import { affineTransform, Random, setBackend, tensor } from '@fer/core';
import {
  affine,
  autoContrast,
  brightness,
  centerCrop,
  contrast,
  cutout,
  degrade,
  flip,
  grayscaleToRGB,
  type Image,
  normalise,
  pad,
  randomCrop,
  randomErasing,
  rescale,
  resize,
  rotate,
  sharpness,
  shift,
  tenCrop,
  toGrayscale,
  zoom,
} from '@fer/data';
import { describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';
import resized from './fixtures/resize.json' with { type: 'json' };
import { gray, image, rows, values } from './images.ts';

const random = new Random(1);
const square = gray([
  [1, 2, 3],
  [4, 5, 6],
  [7, 8, 9],
]);

describe('resize', () => {
  it.each(resized.cases)(
    '$from to $to as TensorFlow.js, with half-pixel centres',
    ({ from, to, pixels, ...expected }) => {
      const source = image(from as [number, number, number], pixels);
      const size = to as [number, number];
      // values up to 255 in float32
      expectNumbersClose(values(resize({ size })(source, random)), expected.bilinear, 1e-6, 'bilinear');
      expect(values(resize({ size, interpolation: 'nearest' })(source, random))).toEqual(expected.nearest);
    },
  );

  it('averages areas', () => {
    const halves = resize({ size: 2, interpolation: 'area' });
    expect(
      rows(
        halves(
          gray([
            [0, 2, 10, 10],
            [4, 6, 10, 10],
            [1, 1, 0, 100],
            [1, 1, 0, 100],
          ]),
          random,
        ),
      ),
    ).toEqual([
      [3, 10],
      [1, 50],
    ]);
    // of three pixels each half covers one and a half
    expect(rows(resize({ size: [1, 2], interpolation: 'area' })(gray([[3, 6, 12]]), random))).toEqual([[4, 10]]);
  });

  it('is bilinear where areas grow, along each axis by itself', () => {
    const small = gray([
      [0, 8, 4],
      [4, 0, 8],
    ]);
    const area = (size: [number, number], from = small) => rows(resize({ size, interpolation: 'area' })(from, random));
    expect(area([5, 7])).toEqual(rows(resize({ size: [5, 7] })(small, random)));
    expect(area([4, 1])).toEqual(rows(resize({ size: [4, 1] })(gray([[4], [4]]), random)));
  });

  it('keeps bytes where pixels are only moved', () => {
    expect(resize({ size: 5, interpolation: 'nearest' })(square, random).dtype).toBe('uint8');
    expect(resize({ size: 5 })(square, random).dtype).toBe('float32');
  });

  it('degrades by averaging and coming back', () => {
    const sharp = gray([
      [0, 100, 0, 100],
      [0, 100, 0, 100],
      [8, 8, 8, 8],
      [8, 8, 8, 8],
    ]);
    const blurred = degrade({ size: 2 })(sharp, random);
    // rows 50 and 8 at distances 1/4 and 3/4
    expect(rows(blurred)).toEqual([50, 39.5, 18.5, 8].map((value) => [value, value, value, value]));
    expect(() => degrade({ size: 5 })(sharp, random)).toThrow('degrade: image [4,4,1] must be at least [5,5]');
  });
});

describe('rotate', () => {
  it('turns a quarter counter-clockwise, exactly', () => {
    expect(rows(rotate({ rotation: [90, 90] })(square, random))).toEqual([
      [3, 6, 9],
      [2, 5, 8],
      [1, 4, 7],
    ]);
  });

  it.each([
    [180, [9, 8, 7, 6, 5, 4, 3, 2, 1]],
    [-90, [7, 4, 1, 8, 5, 2, 9, 6, 3]],
    [270, [7, 4, 1, 8, 5, 2, 9, 6, 3]],
    [360, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    [0, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ])('by %i degrees', (degrees, expected) => {
    for (const fillMode of ['nearest', 'constant', 'reflect'] as const) {
      expect(values(rotate({ rotation: [degrees, degrees], fillMode })(square, random))).toEqual(expected);
    }
  });

  it('turns by an eighth', () => {
    // the corners of the result come from sqrt(2) above, right, ...: outside of the image, whose border goes on
    const result = rows(rotate({ rotation: [45, 45] })(square, random));
    const half = Math.SQRT1_2;
    expect(result[1]?.[1]).toBe(5);
    expect(result[1]?.[2]).toBeCloseTo(5 + half + 3 * half, 5);
    expect(result[0]?.[1]).toBeCloseTo(5 + half - 3 * half, 5);
    expect(result[0]?.[0]).toBe(2);
    expect(result[2]?.[2]).toBe(8);
  });
});

describe('shift', () => {
  const line = gray([[1, 2, 3, 4]]);
  it.each([
    ['nearest', 0.25, [1, 1, 2, 3]],
    ['nearest', -0.5, [3, 4, 4, 4]],
    ['reflect', 0.5, [2, 1, 1, 2]],
    ['reflect', -0.75, [4, 4, 3, 2]],
    ['reflect', 2.5, [2, 1, 1, 2]],
    ['constant', 0.5, [9, 9, 1, 2]],
    ['constant', -0.25, [2, 3, 4, 9]],
    ['constant', 3, [9, 9, 9, 9]],
    ['constant', 0.125, [5, 1.5, 2.5, 3.5]],
  ] as const)('%s fill, by %f of the width', (fillMode, part, expected) => {
    const transform = shift({ widthShift: [part, part], fillMode, fillValue: 9 });
    expect(values(transform(line, random))).toEqual(expected);
  });

  it('moves down, by parts of the height', () => {
    expect(rows(shift({ heightShift: [1 / 3, 1 / 3] })(square, random))).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });
});

describe('zoom', () => {
  it('shows half of the image in twice the size, about the centre', () => {
    const enlarge = zoom({ zoom: [0.5, 0.5] });
    expect(rows(enlarge(square, random))).toEqual([
      [3, 3.5, 4],
      [4.5, 5, 5.5],
      [6, 6.5, 7],
    ]);
  });

  it('shrinks', () => {
    const shrink = zoom({ zoom: [2, 2], fillMode: 'constant' });
    expect(rows(shrink(square, random))).toEqual([
      [0, 0, 0],
      [0, 5, 0],
      [0, 0, 0],
    ]);
  });
});

/** keras_preprocessing's apply_affine_transform: matrices of rows and columns, multiplied in this order. */
function kerasMatrix(size: number, degrees: number, down: number, right: number, factor: number) {
  const multiply = (a: number[][], b: number[][]) =>
    a.map((row) => row.map((_, j) => row.reduce((sum, value, k) => sum + value * (b[k]?.[j] ?? 0), 0)));
  const translate = (y: number, x: number) => [
    [1, 0, y],
    [0, 1, x],
    [0, 0, 1],
  ];
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const turn = [
    [cos, -sin, 0],
    [sin, cos, 0],
    [0, 0, 1],
  ];
  const scale = [
    [factor, 0, 0],
    [0, factor, 0],
    [0, 0, 1],
  ];
  const centre = size / 2 - 0.5;
  return [turn, translate(down, right), scale, translate(-centre, -centre)].reduce(multiply, translate(centre, centre));
}

describe('affine', () => {
  const size = 12;
  const source = image(
    [size, size, 2],
    Array.from({ length: size * size * 2 }, (_, i) => (i * i * 7) % 256),
  );

  it.each(['nearest', 'constant', 'reflect'] as const)(
    "composes as Keras' ImageDataGenerator and samples as affineTransform, %s fill",
    async (fillMode) => {
      await setBackend('cpu');
      for (const [degrees, down, right, factor] of [
        [17, 0.1, -0.2, 0.9],
        [-160, -0.7, 0.4, 0.5],
        [75, 3, -2, 1.7],
      ] as const) {
        const transform = affine({
          rotation: [degrees, degrees],
          heightShift: [down, down],
          widthShift: [right, right],
          zoom: [factor, factor],
          fillMode,
          fillValue: 50,
        });
        // Keras turns clockwise and shifts up and to the left
        const keras = kerasMatrix(size, -degrees, -down * size, -right * size, factor);
        const [[yy = 0, yx = 0, y1 = 0] = [], [xy = 0, xx = 0, x1 = 0] = []] = keras;
        const expected = affineTransform(
          tensor(Float32Array.from(values(source)), [1, size, size, 2]),
          tensor([[xx, xy, x1, yx, yy, y1]]),
          { fillMode, fillValue: 50 },
        );
        // the operator's positions are float32: a millionth of some ten pixels, times differences of 255
        expectNumbersClose(values(transform(source, random)), await expected.data(), 1e-2, `${degrees} degrees`);
      }
    },
  );

  it('draws zooms of width and height on their own', () => {
    const corner = affine({ zoom: [0.5, 1] })(
      image(
        [9, 9, 1],
        Array.from({ length: 81 }, (_, i) => i),
      ),
      new Random(3),
    );
    const [top = [], next = []] = rows(corner);
    const acrossX = (top[1] as number) - (top[0] as number);
    const acrossY = ((next[0] as number) - (top[0] as number)) / 9;
    for (const factor of [acrossX, acrossY]) expect(factor).toBeGreaterThanOrEqual(0.5);
    expect(Math.abs(acrossX - acrossY)).toBeGreaterThan(0.01);
  });

  it('draws within its ranges, from all of them', () => {
    const ramp = image(
      [1, 101, 1],
      Array.from({ length: 101 }, (_, i) => i),
    );
    const generator = new Random(4);
    const moved = Array.from({ length: 500 }, () => 50 - shift({ widthShift: 0.2 })(ramp, generator).get(0, 50, 0));
    expect(Math.min(...moved)).toBeGreaterThanOrEqual(-20.2001);
    expect(Math.max(...moved)).toBeLessThanOrEqual(20.2001);
    expect(Math.min(...moved)).toBeLessThan(-19.5);
    expect(Math.max(...moved)).toBeGreaterThan(19.5);
  });
});

describe('flips and crops', () => {
  const wide = gray([
    [1, 2, 3, 4],
    [5, 6, 7, 8],
    [9, 10, 11, 12],
  ]);

  it('mirrors left to right, as a view', () => {
    const mirrored = flip({ probability: 1 })(wide, random);
    expect(rows(mirrored)).toEqual([
      [4, 3, 2, 1],
      [8, 7, 6, 5],
      [12, 11, 10, 9],
    ]);
    expect(mirrored.data).toBe(wide.data);
    expect(flip({ probability: 0 })(wide, random)).toBe(wide);
    const generator = new Random(2);
    const count = Array.from({ length: 400 }, () => flip()(wide, generator)).filter((x) => x !== wide).length;
    expect(Math.abs(count - 200)).toBeLessThan(40); // four standard errors
  });

  it('crops the centre', () => {
    expect(rows(centerCrop({ size: [1, 2] })(wide, random))).toEqual([[6, 7]]);
    expect(rows(centerCrop({ size: 2 })(wide, random))).toEqual([
      [2, 3],
      [6, 7],
    ]);
    expect(centerCrop({ size: 2 })(wide, random).data).toBe(wide.data);
  });

  it('crops at random, at every place equally often', () => {
    const generator = new Random(5);
    const corners = Array.from({ length: 600 }, () => randomCrop({ size: 2 })(wide, generator).get(0, 0, 0));
    const counts = [1, 2, 3, 5, 6, 7].map((corner) => corners.filter((value) => value === corner).length);
    expect(counts.reduce((sum, n) => sum + n)).toBe(600);
    for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(40);
  });

  // top and left are int(round((size - crop) / 2)) in torchvision, and Python rounds halves to even
  it.each([
    [44, 2],
    [45, 2],
    [47, 0],
    [43, 2],
    [41, 4],
  ])("has torchvision's centre among ten crops of %i", (size, place) => {
    const face = image(
      [48, 48, 1],
      Array.from({ length: 48 * 48 }, (_, i) => i),
    );
    expect((tenCrop(face, size)[4] as Image).get(0, 0, 0)).toBe(48 * place + place);
  });

  it('takes ten crops: the slices of the image and its mirror image, without copies', () => {
    const face = image(
      [48, 48, 1],
      Array.from({ length: 48 * 48 }, (_, i) => i),
    );
    const mirrored = flip({ probability: 1 })(face, random);
    const slice = (x: Image, top: number, left: number) =>
      Array.from({ length: 44 * 44 }, (_, i) => x.get(top + Math.floor(i / 44), left + (i % 44), 0));
    const crops = tenCrop(face, 44);
    const places = [
      [0, 0],
      [0, 4],
      [4, 0],
      [4, 4],
      [2, 2],
    ] as const;
    expect(crops.map(values)).toEqual([face, mirrored].flatMap((x) => places.map(([y, x0]) => slice(x, y, x0))));
    for (const crop of crops) {
      expect(crop.shape).toEqual([44, 44, 1]);
      expect(crop.data).toBe(face.data);
    }
  });

  it.each([
    [
      'constant',
      [
        [7, 7, 7, 7, 7],
        [7, 1, 2, 3, 7],
        [7, 4, 5, 6, 7],
      ],
    ],
    [
      'nearest',
      [
        [1, 1, 2, 3, 3],
        [1, 1, 2, 3, 3],
        [4, 4, 5, 6, 6],
      ],
    ],
    [
      'reflect',
      [
        [1, 1, 2, 3, 3],
        [1, 1, 2, 3, 3],
        [4, 4, 5, 6, 6],
      ],
    ],
  ] as const)('pads, %s', (fillMode, expected) => {
    const padded = pad({
      padding: [
        [1, 0],
        [1, 1],
      ],
      fillMode,
      fillValue: 7,
    })(
      gray([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      random,
    );
    expect(rows(padded)).toEqual(expected);
    expect(padded.dtype).toBe('uint8');
  });

  it('pads by mirror images, also further than the image', () => {
    const padded = pad({
      padding: [
        [0, 0],
        [4, 3],
      ],
      fillMode: 'reflect',
    })(gray([[1, 2, 3]]), random);
    expect(rows(padded)).toEqual([[3, 3, 2, 1, 1, 2, 3, 3, 2, 1]]);
  });
});

describe('colours', () => {
  const red = image([1, 2, 3], [200, 0, 0, 10, 20, 30]);

  it('gray to RGB shares memory', () => {
    const color = grayscaleToRGB()(square, random);
    expect(color.shape).toEqual([3, 3, 3]);
    expect(values(color)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((value) => [value, value, value]));
    expect(color.data).toBe(square.data);
  });

  it('RGB to luma', () => {
    expectNumbersClose(values(toGrayscale()(red, random)), [59.8, 2.99 + 11.74 + 3.42], 1e-6, 'luma');
    expect(toGrayscale()(square, random)).toBe(square);
  });

  it('rescales and normalises', () => {
    expectNumbersClose(
      values(rescale()(red, random)),
      values(red).map((x) => x / 255),
      1e-7,
      'rescale',
    );
    expect(values(rescale({ scale: 1 / 127.5, offset: -1 })(gray([[0, 255]]), random))).toEqual([-1, 1]);
    expect(values(normalise({ mean: 10, deviation: 5 })(gray([[10, 20]]), random))).toEqual([0, 2]);
    expect(values(normalise({ mean: [10, 20, 30], deviation: [1, 2, 4] })(red, random))).toEqual([
      190, -10, -7.5, 0, 0, 0,
    ]);
  });

  it('brightens, within 0 and 255', () => {
    expect(values(brightness({ factor: [2, 2] })(gray([[0, 10, 200]]), random))).toEqual([0, 20, 255]);
    expect(values(brightness({ factor: [0, 0] })(gray([[0, 10, 200]]), random))).toEqual([0, 0, 0]);
  });

  it('refuses pixels that were normalised where they would be cut off', () => {
    const normalised = normalise({ mean: 128, deviation: 64 })(gray([[0, 128]]), random);
    for (const [name, transform] of Object.entries({ brightness, contrast, sharpness }))
      expect(() => transform({ factor: [1, 1] })(normalised, random)).toThrow(
        `${name}: pixels must be from 0 to 255 but one is -2: normalise images after they are augmented`,
      );
    expect(() => autoContrast()(normalised, random)).toThrow(/^autoContrast: pixels must be/);
    expect(() => brightness({ factor: 0.1 })(gray([[-1e-4, 3]]), random)).not.toThrow();
  });

  it('stretches contrast about the mean luma, within 0 and 255', () => {
    expect(values(contrast({ factor: [2, 2] })(gray([[20, 40, 60]]), random))).toEqual([0, 40, 80]);
    expect(values(contrast({ factor: [10, 10] })(gray([[20, 40, 60]]), random))).toEqual([0, 40, 240]);
    const flat = contrast({ factor: [0, 0] })(red, random);
    expectNumbersClose(values(flat), new Array(6).fill((59.8 + 18.15) / 2), 1e-6, 'no contrast');
  });
});

describe('erasing', () => {
  const white = image([20, 30, 3], new Array(1800).fill(255));

  /** The rows and columns that hold painted pixels, and how many pixels are. */
  function painted(x: Image) {
    const places = values(x).flatMap((value, i) => (value === 0 ? [Math.floor(i / 3)] : []));
    const [ys, xs] = [places.map((i) => Math.floor(i / 30)), places.map((i) => i % 30)];
    const extent = (line: number[]) => (line.length ? Math.max(...line) - Math.min(...line) + 1 : 0);
    return { height: extent(ys), width: extent(xs), pixels: places.length / 3 };
  }

  it('paints one rectangle of the wanted area and aspect', () => {
    const generator = new Random(6);
    for (let i = 0; i < 200; i++) {
      const { height, width, pixels } = painted(randomErasing({ probability: 1, area: [0.1, 0.2] })(white, generator));
      expect(pixels).toBe(height * width);
      // sides are rounded by half a pixel at most
      expect((height + 0.5) * (width + 0.5)).toBeGreaterThanOrEqual(60);
      expect((height - 0.5) * (width - 0.5)).toBeLessThanOrEqual(120);
      expect((height + 0.5) / (width - 0.5)).toBeGreaterThanOrEqual(0.3);
      expect((height - 0.5) / (width + 0.5)).toBeLessThanOrEqual(3.3);
    }
  });

  it('leaves the image alone with the other probability', () => {
    const generator = new Random(7);
    const same = Array.from({ length: 400 }, () => randomErasing()(white, generator)).filter((x) => x === white);
    expect(Math.abs(same.length - 200)).toBeLessThan(40);
  });

  it('cuts out squares, which the border may cut', () => {
    const generator = new Random(8);
    const sizes = Array.from({ length: 300 }, () => painted(cutout({ size: [4, 6] })(white, generator)));
    for (const { height, width, pixels } of sizes) {
      expect(pixels).toBe(height * width);
      expect(Math.max(height, width)).toBeLessThanOrEqual(6);
      expect(Math.min(height, width)).toBeGreaterThanOrEqual(2);
    }
    for (const side of [4, 5, 6]) {
      expect(sizes.some(({ height, width }) => height === side && width === side)).toBe(true);
    }
    expect(sizes.some(({ height, width }) => height !== width)).toBe(true);
  });
});

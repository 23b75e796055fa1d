/** @file What holds for every transform: it is pure, deterministic, made again from its configuration, and refuses nonsense. */
import { ArgumentError, FerError, Random, ShapeError } from '@fer/core';
import {
  affine,
  autoContrast,
  brightness,
  centerCrop,
  compose,
  contrast,
  cutout,
  degrade,
  equalize,
  flip,
  grayscaleToRGB,
  type Image,
  normalise,
  pad,
  posterize,
  randAugment,
  randomApply,
  randomCrop,
  randomErasing,
  rescale,
  resize,
  rotate,
  sharpness,
  shift,
  solarize,
  type Transform,
  tenCrop,
  toGrayscale,
  transformFromConfig,
  zoom,
} from '@fer/data';
import fc from 'fast-check';
import ndarray from 'ndarray';
import { describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';
import { gray, images, values } from './images.ts';

const fillMode = fc.constantFrom('nearest' as const, 'constant' as const, 'reflect' as const);
const part = fc.double({ min: 0, max: 0.9, noNaN: true });
const side = fc.integer({ min: 1, max: 20 });

/** Every transform with options of all kinds, for images of one or three channels. */
const transforms: Record<string, fc.Arbitrary<Transform>> = {
  affine: fc
    .record({
      rotation: part.map((x) => 200 * x),
      widthShift: part,
      heightShift: part,
      zoom: part,
      shearX: part,
      shearY: part,
      fillMode,
    })
    .map(affine),
  rotate: fc.record({ rotation: part.map((x) => 200 * x), fillMode }).map(rotate),
  shift: fc.record({ widthShift: part, heightShift: part, fillMode }).map(shift),
  zoom: fc.record({ zoom: part, fillMode }).map(zoom),
  flip: fc.record({ probability: part }).map(flip),
  pad: fc.record({ padding: fc.nat(5), fillMode, fillValue: fc.nat(255) }).map(pad),
  resize: fc
    .record({
      size: fc.oneof(side, fc.tuple(side, side)),
      interpolation: fc.constantFrom('bilinear' as const, 'nearest' as const, 'area' as const),
    })
    .map(resize),
  degrade: fc.record({ size: side }).map((options) => compose(resize({ size: 20 }), degrade(options))),
  brightness: fc.record({ factor: part }).map(brightness),
  contrast: fc.record({ factor: part }).map(contrast),
  randomErasing: fc.record({ probability: part, value: fc.nat(255) }).map(randomErasing),
  cutout: fc.record({ size: side, value: fc.nat(255) }).map(cutout),
  sharpness: fc.record({ factor: part }).map(sharpness),
  posterize: fc.record({ bits: fc.integer({ min: 1, max: 8 }) }).map(posterize),
  solarize: fc.record({ threshold: fc.nat(255) }).map(solarize),
  autoContrast: fc.constant(autoContrast()),
  equalize: fc.constant(equalize()),
  randAugment: fc.record({ count: fc.integer({ min: 1, max: 3 }), magnitude: fc.nat(30), fillMode }).map(randAugment),
  toGrayscale: fc.constant(toGrayscale()),
  centerCrop: fc.constant(centerCrop({ size: 1 })),
  randomCrop: fc.constant(randomCrop({ size: [1, 1] })),
};

const any = fc.oneof(...Object.values(transforms));
const scaling = fc.oneof(
  fc.record({ scale: part, offset: part }).map(rescale),
  fc.record({ mean: part, deviation: part.map((x) => x + 0.1) }).map(normalise),
);
const augmenting = fc.oneof(
  any,
  any.map((transform) => randomApply(transform, { probability: 0.3 })),
);
/** Pixels are scaled last: before others they are refused. */
const composed = fc
  .tuple(fc.array(augmenting, { maxLength: 4 }), fc.array(scaling, { maxLength: 2 }))
  .map(([first, last]) => compose(...first, ...last));
const seed = fc.integer();

describe.each(Object.entries(transforms))('%s', (_, transform) => {
  it('stays within 0 and 255', () => {
    fc.assert(
      fc.property(transform, images(), seed, (apply, image, s) => {
        for (const value of values(apply(image, new Random(s)))) {
          // luma's weights add up to 1 but for rounding
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(255.0001);
        }
      }),
    );
  });

  it('leaves its input alone', () => {
    fc.assert(
      fc.property(transform, images(), seed, (apply, image, s) => {
        const [before, shape, stride] = [image.data.slice(), [...image.shape], [...image.stride]];
        apply(image, new Random(s));
        expect([image.data, image.shape, image.stride]).toEqual([before, shape, stride]);
      }),
    );
  });

  it('does not depend on how the image lies in memory', () => {
    fc.assert(
      fc.property(transform, images(), seed, (apply, image, s) => {
        const dense = ndarray(Float32Array.from(values(image)), image.shape);
        const [expected, actual] = [apply(dense, new Random(s)), apply(image, new Random(s))];
        expect(actual.shape).toEqual(expected.shape);
        expect(values(actual)).toEqual(values(expected));
      }),
    );
  });
});

describe('every transform', () => {
  it('gives the same for the same seed', () => {
    fc.assert(
      fc.property(composed, images(), seed, (apply, image, s) => {
        expect(values(apply(image, new Random(s)))).toEqual(values(apply(image, new Random(s))));
      }),
    );
  });

  it('is made again from its configuration, through JSON', () => {
    fc.assert(
      fc.property(composed, images(), seed, (apply, image, s) => {
        const again = transformFromConfig(JSON.parse(JSON.stringify(apply.config)));
        expect(again.config).toEqual(apply.config);
        expect(values(again(image, new Random(s)))).toEqual(values(apply(image, new Random(s))));
      }),
    );
    for (const transform of [grayscaleToRGB(), flip(), rescale(), normalise({ mean: [1, 2, 3], deviation: 1 })]) {
      expect(transformFromConfig(transform.config).config).toEqual(transform.config);
    }
  });

  it('composes from left to right, with one generator', () => {
    fc.assert(
      fc.property(any, any, images(), seed, (first, second, image, s) => {
        const random = new Random(s);
        const expected = second(first(image, random), random);
        expect(values(compose(first, second)(image, new Random(s)))).toEqual(values(expected));
      }),
    );
  });
});

describe('what keeps the image', () => {
  const close = (actual: Image, expected: Image) =>
    expectNumbersClose(values(actual), values(expected), 1e-6, 'the image');

  it('two flips, no movement, no change of size, a pad and its crop, ten crops of full size', () => {
    fc.assert(
      fc.property(images(), fillMode, (image, mode) => {
        const random = new Random(1);
        const [height = 0, width = 0] = image.shape;
        const flipped = flip({ probability: 1 });
        close(compose(flipped, flipped)(image, random), image);
        close(affine({ fillMode: mode })(image, random), image);
        close(resize({ size: [height, width] })(image, random), image);
        close(resize({ size: [height, width], interpolation: 'area' })(image, random), image);
        close(
          compose(pad({ padding: 3, fillMode: mode }), centerCrop({ size: [height, width] }))(image, random),
          image,
        );
        close(tenCrop(image, [height, width])[4] as Image, image);
        close(tenCrop(image, [height, width])[9] as Image, flipped(image, random));
      }),
    );
  });

  it('a flat image stays flat, but for constant fill', () => {
    const flat = fc.constantFrom('affine', 'rotate', 'shift', 'zoom', 'resize', 'degrade', 'pad');
    fc.assert(
      fc.property(
        flat.chain((name) => transforms[name] as fc.Arbitrary<Transform>),
        fc.nat(255),
        seed,
        (transform, value, s) => {
          fc.pre(transform.config.options.fillMode !== 'constant');
          const image = ndarray(new Uint8Array(63).fill(value), [7, 9, 1]);
          expect(new Set(values(transform(image, new Random(s))))).toEqual(new Set([value]));
        },
      ),
    );
  });
});

describe('errors', () => {
  it.each([
    [() => resize({ size: 0 }), 'resize: size[0] must be an integer from 1 to 16384 but is 0'],
    [() => resize({ size: 1e6 }), 'resize: size[0] must be an integer from 1 to 16384 but is 1000000'],
    [() => resize({ size: [4] as never }), 'resize: size must be a number or two of them but is [4]'],
    [() => resize({ size: null as never }), 'resize: size must be a number or two of them but is null'],
    [
      () => resize({ size: 4, interpolation: 'cubic' as never }),
      'resize: interpolation must be one of bilinear, nearest, area but is cubic',
    ],
    [() => rotate({ rotation: Number.NaN }), 'rotate: rotation must be a finite number but is NaN'],
    [() => rotate({ rotation: [3, -3] }), 'rotate: rotation must ascend but is [3,-3]'],
    [() => zoom({ zoom: 1 }), 'zoom: zoom must stay above 0 but begins at 0'],
    [
      () => shift({ fillMode: 'wrap' as never }),
      'shift: fillMode must be one of nearest, constant, reflect but is wrap',
    ],
    [() => flip({ probability: 2 }), 'flip: probability must be from 0 to 1 but is 2'],
    [() => pad({ padding: -1 }), 'pad: padding must be an integer from 0 to 16384 but is -1'],
    [() => normalise({ mean: 0, deviation: 0 }), 'normalise: deviation must be above 0 but is 0'],
    [() => brightness({ factor: 1.5 }), 'brightness: factor must not be below 0 but begins at -0.5'],
    [() => cutout({ size: 1.5 }), 'cutout: size must be an integer of at least 1 but is 1.5'],
    [() => randomErasing({ area: [0.5, 2] }), 'randomErasing: area[1] must be from 0 to 1 but is 2'],
    [
      () => transformFromConfig({ name: 'toString', options: {} }),
      /^transformFromConfig: name must be one of affine,.* but is toString$/,
    ],
    [
      () => transformFromConfig({ name: 'flip', options: null as never }),
      /^flip: options must be an object but are null$/,
    ],
    [
      () => transformFromConfig({ name: 'rotate', options: { degrees: 3 } }),
      'rotate: there is no option degrees, only rotation, fillMode, fillValue',
    ],
    [
      () => transformFromConfig({ name: 'compose', options: { transforms: 'flip' } }),
      'compose: transforms must be an array of configurations but is flip',
    ],
    [() => compose((() => gray([[1]])) as never), /^compose: transforms must come from this package's functions/],
  ])('%s', (make, message) => {
    expect(make).toThrow(ArgumentError);
    expect(make).toThrow(message instanceof RegExp ? message : new RegExp(`^${literal(message)}$`));
  });

  it.each([
    [centerCrop({ size: 5 }), 'centerCrop: image [2,3,1] must be at least [5,5]'],
    [normalise({ mean: [1, 2, 3], deviation: 1 }), 'normalise: mean has 3 values but the image is [2,3,1]'],
    [
      pad({ padding: 1, fillMode: 'constant', fillValue: 0.5 }),
      'pad: fillValue must be an integer from 0 to 255 in an image of bytes but is 0.5',
    ],
    [cutout({ size: 1, value: -1 }), 'cutout: value must be an integer from 0 to 255 in an image of bytes but is -1'],
  ])('of images: %#', (transform, message) => {
    const image = gray([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(() => transform(image, new Random(1))).toThrow(new RegExp(`^${literal(message)}$`));
  });

  it('of images that are none', () => {
    const batch = ndarray(new Float32Array(16), [1, 4, 4, 1]) as Image;
    const two = ndarray(new Float32Array(32), [4, 4, 2]) as Image;
    expect(() => flip({ probability: 1 })(batch, new Random(1))).toThrow(ShapeError);
    expect(() => toGrayscale()(two, new Random(1))).toThrow('image must have 1 or 3 channels but is [4,4,2]');
    expect(() => grayscaleToRGB()(two, new Random(1))).toThrow(ShapeError);
  });

  it('of any configuration, whatever it holds, are typed', () => {
    const names = fc.constantFrom('affine', 'compose', 'randomApply', 'pad', 'resize', 'normalise', 'cutout', 'flip');
    const keys = fc.constantFrom(
      'size',
      'padding',
      'transforms',
      'transform',
      'mean',
      'deviation',
      'probability',
      'zoom',
    );
    fc.assert(
      fc.property(names, fc.dictionary(keys, fc.jsonValue({ maxDepth: 2 })), (name, options) => {
        try {
          transformFromConfig({ name, options });
        } catch (error) {
          expect(error).toBeInstanceOf(FerError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

function literal(text: string): string {
  return text.replaceAll(/[[\]().*+?]/g, '\\$&');
}

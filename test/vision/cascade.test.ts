/** @file Cascades are read, or refused for what is wrong with them. */
import { FerError, FormatError } from '@fer/core';
import { CascadeClassifier } from '@fer/vision';
import fc from 'fast-check';
import ndarray from 'ndarray';
import { describe, expect, it } from 'vitest';
import { photos, readFixture } from './cases.ts';

/** One stage of one stump over two rectangles, in a window of 12 x 10. */
const valid = `<?xml version="1.0"?>
<!-- a comment -->
<opencv_storage>
<cascade type_id="opencv-cascade-classifier">
  <stageType>BOOST</stageType>
  <featureType>HAAR</featureType>
  <height>10</height>
  <width>12</width>
  <stageNum>1</stageNum>
  <stages>
    <_>
      <stageThreshold>0.5</stageThreshold>
      <weakClassifiers>
        <_><internalNodes>0 -1 0 -1.5e-02</internalNodes><leafValues>-1. 1.</leafValues></_></weakClassifiers></_></stages>
  <features>
    <_><rects><_>1 2 10 6 -1.</_><_>1 2 5 6 2.</_></rects><tilted>0</tilted></_></features></cascade>
</opencv_storage>`;

const changed = (from: string, to: string): string => {
  expect(valid).toContain(from);
  return valid.replace(from, to);
};

describe('CascadeClassifier.load', () => {
  it('reads a cascade', () => {
    expect(CascadeClassifier.load(valid).windowSize).toEqual({ width: 12, height: 10 });
  });

  it('reads features that do not say whether they are tilted: they are not', () => {
    const image = ndarray((photos.lisa1 as (typeof photos)[string]).data, [277, 240, 1]);
    const [with0, without] = [valid, changed('<tilted>0</tilted>', '')].map((xml) =>
      CascadeClassifier.load(xml).detectMultiScale(image, { minSize: 100 }),
    );
    expect(without).toEqual(with0);
    expect(with0?.length).toBeGreaterThan(0);
  });

  it.each([
    ['no text', null as unknown as string, /text of an XML file/],
    ['nothing', '', /not XML/],
    ['text', 'haarcascade', /not XML/],
    ['JSON', '{"cascade": {}}', /not XML/],
    ['XML that ends early', valid.slice(0, 300), /not XML/],
    ['elements nested without end', `${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}`, /not XML/],
    ['entities that multiply', `<!DOCTYPE a [<!ENTITY b "bb">]><opencv_storage>&b;</opencv_storage>`, /not XML/],
    ['another root', '<svg/>', /opencv_storage/],
    ['a file without a cascade', '<opencv_storage><mat/></opencv_storage>', /one element cascade but has none/],
    ['two cascades', changed('</cascade>', '</cascade><cascade/>'), /one element cascade but has more/],
    ['another way to train', changed('BOOST', 'SVM'), /stageType must be BOOST but is 'SVM'/],
    ['other features', changed('HAAR', 'LBP'), /featureType must be HAAR but is 'LBP'/],
    ['a window without a width', changed('<width>12</width>', ''), /element width but has none/],
    ['a window of no size', changed('<width>12<', '<width>0<'), /width must be from 3 to 255 but is 0/],
    ['a window too large', changed('<height>10<', '<height>1e9<'), /height must be from 3 to 255/],
    ['half a pixel', changed('<height>10<', '<height>10.5<'), /height must be from 3 to 255/],
    ['no stages', changed('<stages>', '<stages/><x>').replace('</stages>', '</x>'), /every stage must have trees/],
    ['words for numbers', changed('0.5', 'much'), /must hold numbers but holds 'much'/],
    ['two thresholds', changed('0.5', '0.5 0.6'), /stageThreshold must hold one number/],
    ['an infinite threshold', changed('0.5', '1e39'), /stageThresholds must be finite/],
    ['a leaf too few', changed('-1. 1.', '-1.'), /a leaf more than nodes/],
    ['half a node', changed('0 -1 0 -1.5e-02', '0 -1 0'), /a tree has 4 numbers a node/],
    ['a feature that is not there', changed('0 -1 0 -1.5', '0 -1 1 -1.5'), /asks for feature 1 of 1/],
    ['a leaf that is not there', changed('0 -1 0 -1.5', '0 -2 0 -1.5'), /cannot lead to -2/],
    ['a way round in circles', changed('0 -1 0 -1.5', '0 1 0 -1.5'), /cannot lead to 1/],
    [
      'a rectangle outside of the window',
      changed('1 2 10 6', '3 2 10 6'),
      /\[3, 2, 10, 6\] does not lie in the window/,
    ],
    ['a tilted rectangle outside', changed('<tilted>0', '<tilted>1'), /tilted rectangle .* does not lie/],
    ['a negative side', changed('1 2 10 6', '1 2 -1 6'), /a rectangle is x, y, width, height/],
    ['a rectangle without a weight', changed('1 2 10 6 -1.', '1 2 10 6'), /a rectangle is/],
    ['four rectangles', changed('<rects>', `<rects>${'<_>1 2 3 4 1.</_>'.repeat(2)}`), /1 to 3 rectangles/],
  ])('refuses %s', (_, xml, message) => {
    expect(() => CascadeClassifier.load(xml)).toThrow(FormatError);
    expect(() => CascadeClassifier.load(xml)).toThrow(message);
    expect(() => CascadeClassifier.load(xml)).toThrow(/^CascadeClassifier\.load: /);
  });

  it('reads or refuses whatever became of a file, and finds boxes in the image if it reads it', async () => {
    const image = ndarray((photos.lisa1 as (typeof photos)[string]).data, [277, 240, 1]).hi(40, 40, 1);
    const originals = [valid, await readFixture('tilted.xml')];
    const part = fc.constantFrom('0', '3', '7', '1e9', 'NaN', '', '<_>', '</_>', '<', '&', ' ', '\0', '-', '.');
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      length: fc.nat(8),
      part,
    });
    let read = 0;
    fc.assert(
      fc.property(fc.constantFrom(...originals), fc.array(edit, { minLength: 1, maxLength: 2 }), (original, edits) => {
        let xml = original;
        for (const { at, length, part } of edits) {
          const start = Math.floor(at * xml.length);
          xml = xml.slice(0, start) + part + xml.slice(start + length);
        }
        try {
          const boxes = CascadeClassifier.load(xml).detectMultiScale(image, { minNeighbors: 0 });
          read++;
          for (const { x, y, width, height } of boxes) {
            expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
            expect(Math.max(x + width, y + height)).toBeLessThanOrEqual(40);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(FerError);
          expect((error as Error).message.length).toBeLessThan(1000);
        }
      }),
      { numRuns: 2000, seed: 1 },
    );
    expect(read).toBeGreaterThan(20);
  });
});

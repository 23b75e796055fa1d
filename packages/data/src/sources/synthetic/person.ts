/** @file Who is seen, and how: what differs between people, and between photographs of one. */
import type { Random } from '@fer/core';

/** Red, green and blue from 0 to 1. */
export type Color = readonly [number, number, number];

export interface Person {
  readonly skin: Color;
  /** Skin where less light falls, in its folds, and where it is stretched. */
  readonly shadow: Color;
  readonly crease: Color;
  readonly cheeks: Color;
  readonly hair: Color;
  readonly brows: Color;
  readonly iris: Color;
  readonly lips: Color;
  /** Between the lips. */
  readonly lipLine: Color;
  /** Sizes and places in units of half a face's height, as differences from the average. */
  readonly faceWidth: number;
  readonly jaw: number;
  readonly eyeDistance: number;
  readonly eyeSize: number;
  readonly browThickness: number;
  readonly noseLength: number;
  readonly mouthWidth: number;
  readonly lipThickness: number;
  readonly hairline: number;
  /** How far the hair hangs down beside the face. */
  readonly hairLength: number;
}

export interface Scene {
  readonly background: readonly [Color, Color];
  /** Where the light comes from; it shines with `contrast`. */
  readonly light: readonly [x: number, y: number, z: number];
  readonly contrast: number;
  readonly gain: number;
  /** Standard deviation of the sensor's noise. */
  readonly noise: number;
  /** Head pose in radians: to the side, up and down, and tilted. */
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
  readonly scale: number;
  readonly shift: readonly [x: number, y: number];
}

const mix = (a: Color, b: Color, t: number): Color => [
  a[0] + (b[0] - a[0]) * t,
  a[1] + (b[1] - a[1]) * t,
  a[2] + (b[2] - a[2]) * t,
];

const BLACK: Color = [0, 0, 0];
const LIGHT_SKIN: Color = [0.96, 0.8, 0.69];
const DARK_SKIN: Color = [0.4, 0.25, 0.17];
const HAIR: readonly Color[] = [
  [0.09, 0.07, 0.06],
  [0.24, 0.15, 0.09],
  [0.42, 0.27, 0.13],
  [0.72, 0.56, 0.32],
  [0.6, 0.58, 0.56],
];
const IRIS: readonly Color[] = [
  [0.24, 0.14, 0.07],
  [0.33, 0.42, 0.3],
  [0.3, 0.45, 0.6],
];

export function drawPerson(random: Random): Person {
  const tone = random.uniform();
  const skin = mix(LIGHT_SKIN, DARK_SKIN, tone);
  // dark skin goes with dark hair and eyes
  const hair = HAIR[random.integer(tone > 0.6 ? 2 : HAIR.length)] as Color;
  const iris = IRIS[random.integer(tone > 0.6 ? 1 : IRIS.length)] as Color;
  const lips = mix(skin, [0.62, 0.2, 0.2], random.uniform(0.35, 0.6));
  return {
    skin,
    shadow: mix(skin, BLACK, 0.36),
    crease: mix(skin, BLACK, 0.48),
    cheeks: mix(skin, [1, 0.85, 0.8], 0.14),
    hair,
    brows: mix(hair, BLACK, 0.3),
    iris,
    lips,
    lipLine: mix(lips, BLACK, 0.7),
    faceWidth: random.truncatedNormal(0, 0.03),
    jaw: random.uniform(-1, 1),
    eyeDistance: random.truncatedNormal(0, 0.015),
    eyeSize: random.truncatedNormal(0, 0.012),
    browThickness: random.uniform(0.028, 0.05),
    noseLength: random.truncatedNormal(0, 0.02),
    mouthWidth: random.truncatedNormal(0, 0.02),
    lipThickness: random.uniform(0.045, 0.075),
    hairline: random.uniform(-0.05, 0.06),
    hairLength: random.uniform(-0.4, 1.2),
  };
}

export function drawScene(random: Random): Scene {
  const gray = random.uniform(0.1, 0.9);
  const shade = (): Color => [0, 0, 0].map(() => gray + random.uniform(-0.15, 0.15)) as unknown as Color;
  return {
    background: [shade(), shade()],
    light: [random.uniform(-0.8, 0.8), random.uniform(-0.8, 0.2), random.uniform(0.6, 1)],
    contrast: random.uniform(0.2, 0.7),
    gain: random.uniform(0.85, 1.2),
    noise: random.uniform(0, 0.025),
    yaw: random.truncatedNormal(0, 0.2),
    pitch: random.truncatedNormal(0, 0.1),
    roll: random.truncatedNormal(0, 0.1),
    scale: random.uniform(0.92, 1.12),
    shift: [random.truncatedNormal(0, 0.04), random.truncatedNormal(0, 0.04)],
  };
}

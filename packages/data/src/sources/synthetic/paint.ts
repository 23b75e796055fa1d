/** @file Paints one face, pixel by pixel: background, hair, head and features, under one light. */
import type { Random } from '@fer/core';
import { Brush, type Point } from './brush.ts';
import type { Expression } from './expressions.ts';
import { paintFeatures } from './features.ts';
import type { Person, Scene } from './person.ts';

/** Half the width of the average face, whose height is 2. */
const FACE_WIDTH = 0.75;

/** How far the middle of the face stands out in front of its axis: what turns with the head. */
const DEPTH = 0.45;

export interface Sitting {
  readonly person: Person;
  readonly expression: Expression;
  readonly scene: Scene;
}

/** Red, green and blue of [height, width] pixels, from 0 to 1. */
export function paintFace(height: number, width: number, sitting: Sitting, random: Random): Float32Array {
  const { gain, noise, roll, scale, shift } = sitting.scene;
  const half = Math.min(height, width) / 2;
  const [cos, sin] = [Math.cos(roll) / scale, Math.sin(roll) / scale];
  const brush = new Brush(1.2 / (half * scale));
  const pixels = new Float32Array(height * width * 3);
  for (let row = 0, position = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const u = (column + 0.5 - width / 2) / half - shift[0];
      const v = (row + 0.5 - height / 2) / half - shift[1];
      paintPoint(brush, { x: u * cos + v * sin, y: v * cos - u * sin }, sitting);
      const grain = noise * random.normal();
      pixels[position++] = brush.red * gain + grain;
      pixels[position++] = brush.green * gain + grain;
      pixels[position++] = brush.blue * gain + grain;
    }
  }
  return pixels;
}

function paintPoint(brush: Brush, point: Point, { person, expression, scene }: Sitting): void {
  const [above, below] = scene.background;
  brush.paint(above, 1);
  brush.paint(below, Math.min(Math.max((point.y + 1) / 2, 0), 1));
  const { x, y } = point;
  const hang = Math.max(
    brush.ellipse(point, 0, -0.12, 0.9, 1.02),
    brush.inside(0.88 - Math.abs(x)) * brush.between(y, -0.1, person.hairLength),
  );
  brush.paint(person.hair, hang);
  brush.paint(person.shadow, brush.inside(0.42 - Math.abs(x)) * brush.inside(y - 0.6));
  const head = brush.inside(headDistance(point, person, expression));
  if (head === 0) return;
  brush.paint(person.skin, head);
  const front = turned(point, scene);
  paintFeatures(brush, front, person, expression);
  const fringe = -0.68 + person.hairline + 0.3 * front.x * front.x;
  brush.paint(person.hair, brush.inside(fringe - front.y));
  brush.shade(1 + head * (lightAt(point, scene) - 1));
}

/** How far inside the outline of the head: an egg, with more or less jaw. */
function headDistance({ x, y }: Point, person: Person, { mouthOpen }: Expression): number {
  const narrow = 1 - (0.13 - 0.05 * person.jaw) * Math.max(y, 0) ** 2;
  const width = (FACE_WIDTH + person.faceWidth) * narrow;
  const height = y > 0 ? 1 + 0.05 * mouthOpen : 1;
  return (1 - Math.sqrt((x / width) ** 2 + (y / height) ** 2)) * width;
}

/** Where on the face, seen from the front, this point of a turned head is. */
function turned({ x, y }: Point, { yaw, pitch }: Scene): Point {
  const ahead = DEPTH * Math.max(1 - x * x - y * y, 0) + 0.15;
  return { x: (x - ahead * Math.sin(yaw)) / Math.cos(yaw), y: (y - ahead * Math.sin(pitch)) / Math.cos(pitch) };
}

/** How bright the head is here: as an ellipsoid that scatters light alike in all directions (Lambert). */
function lightAt({ x, y }: Point, { light, contrast }: Scene): number {
  const [nx, ny] = [x / (1.15 * FACE_WIDTH), y / 1.15];
  const nz = Math.sqrt(Math.max(1 - nx * nx - ny * ny, 0.02));
  const incidence = (nx * light[0] + ny * light[1] + nz * light[2]) / Math.hypot(...light);
  return 1 + contrast * (1.5 * Math.max(incidence, 0) - 1);
}

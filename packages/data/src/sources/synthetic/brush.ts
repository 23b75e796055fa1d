/** @file One pixel, and soft-edged shapes that cover part of it. */
import type { Color } from './person.ts';

/** A point in the face's own coordinates: the crown is at height -1, the eyes at -0.1, the chin at 1. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export class Brush {
  red = 0;
  green = 0;
  blue = 0;

  /** @param soft The size of a pixel in face coordinates. */
  constructor(readonly soft: number) {}

  /** @param cover How much of the pixel is painted over, from 0 to 1. */
  paint([red, green, blue]: Color, cover: number): void {
    if (cover === 0) return;
    this.red += (red - this.red) * cover;
    this.green += (green - this.green) * cover;
    this.blue += (blue - this.blue) * cover;
  }

  /** Darkens what was painted, or lightens it. */
  shade(factor: number): void {
    this.red *= factor;
    this.green *= factor;
    this.blue *= factor;
  }

  /** How much of the pixel lies inside of an edge that is this far away: positive inside. */
  inside(distance: number): number {
    return Math.min(Math.max(distance / this.soft + 0.5, 0), 1);
  }

  /** How much of it lies between two heights. */
  between(y: number, top: number, bottom: number): number {
    return Math.max(this.inside(y - top) + this.inside(bottom - y) - 1, 0);
  }

  /** How much of it lies in an ellipse. */
  ellipse({ x, y }: Point, centerX: number, centerY: number, radiusX: number, radiusY: number): number {
    const [dx, dy] = [(x - centerX) / radiusX, (y - centerY) / radiusY];
    return this.inside((1 - Math.sqrt(dx * dx + dy * dy)) * Math.min(radiusX, radiusY));
  }
}

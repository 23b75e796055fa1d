/** @file Boxes with labels and probabilities, drawn over the picture. */
import { EXPRESSION_COLORS } from '@fer/data';
import type { Face, Sight } from '../worker/protocol.ts';
import { colorOf, percent, sized } from './dom.ts';

/** In CSS pixels. */
const PANEL = { width: 148, row: 17, padding: 9, name: 58 } as const;
const CHIP_HEIGHT = 28;
const GAP = 8;

/** Text on these has a contrast of 12. */
const BACKGROUND = '#0d0f12d9';
const INK = '#ffffff';
const HALO = '#0d0f1280';

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Draws all faces, or with no sight nothing. @param isMirrored Whether the picture is shown as in a mirror. */
export function drawOverlay(
  canvas: HTMLCanvasElement,
  sight: Sight | undefined,
  labels: readonly string[],
  isMirrored: boolean,
): void {
  const context = sized(canvas);
  if (!context || !sight) return;
  const screen = { x: 0, y: 0, width: canvas.clientWidth, height: canvas.clientHeight };
  const scale = screen.width / sight.width;
  const boxes = sight.faces.map(({ box: { x, y, width, height } }) => {
    const left = isMirrored ? sight.width - x - width : x;
    return { x: left * scale, y: y * scale, width: width * scale, height: height * scale };
  });
  const taken = [...boxes];
  for (const [i, face] of sight.faces.entries()) {
    const box = boxes[i] as Rectangle;
    drawBox(context, box, colorOf(face.label, EXPRESSION_COLORS));
    drawChip(context, box, face, labels);
    const panel = panelBeside(box, labels.length, screen, taken);
    if (!panel) continue;
    drawPanel(context, panel, face, labels);
    taken.push(panel);
  }
}

function drawBox(context: CanvasRenderingContext2D, box: Rectangle, color: string): void {
  for (const [style, width] of [
    [HALO, 7],
    [color, 3.5],
  ] as const) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.beginPath();
    context.roundRect(box.x, box.y, box.width, box.height, 12);
    context.stroke();
  }
}

/** The most probable expression, above the box or, where there is no room, in it. */
function drawChip(
  context: CanvasRenderingContext2D,
  box: Rectangle,
  { face, label, smoothed }: Face,
  labels: readonly string[],
): void {
  const text = `${label} ${percent(smoothed[labels.indexOf(label)] ?? 0)}`;
  context.font = '600 15px Inter, sans-serif';
  const number = `${face}`;
  const [textWidth, numberWidth] = [context.measureText(text).width, context.measureText(number).width];
  const width = textWidth + numberWidth + 34;
  const x = Math.min(Math.max(box.x, 2), Math.max(context.canvas.clientWidth - width - 2, 2));
  const y = box.y - CHIP_HEIGHT - GAP >= 0 ? box.y - CHIP_HEIGHT - GAP : box.y + GAP;
  context.fillStyle = BACKGROUND;
  context.beginPath();
  context.roundRect(x, y, width, CHIP_HEIGHT, CHIP_HEIGHT / 2);
  context.fill();
  context.fillStyle = colorOf(label, EXPRESSION_COLORS);
  context.beginPath();
  context.roundRect(x + 4, y + 4, numberWidth + 14, CHIP_HEIGHT - 8, CHIP_HEIGHT / 2 - 4);
  context.fill();
  context.textBaseline = 'middle';
  context.fillStyle = label === 'sad' ? INK : '#0d0f12';
  context.fillText(number, x + 11, y + CHIP_HEIGHT / 2 + 1);
  context.fillStyle = INK;
  context.fillText(text, x + numberWidth + 24, y + CHIP_HEIGHT / 2 + 1);
}

/** Room for the bars to the right of a face, else to the left, else none: the list of faces has them, too. */
function panelBeside(
  box: Rectangle,
  rows: number,
  screen: Rectangle,
  taken: readonly Rectangle[],
): Rectangle | undefined {
  const [width, height] = [PANEL.width, rows * PANEL.row + 2 * PANEL.padding];
  if (height > screen.height) return undefined;
  const y = Math.min(Math.max(box.y, 0), screen.height - height);
  return [box.x + box.width + GAP, box.x - GAP - width]
    .map((x) => ({ x, y, width, height }))
    .find((place) => place.x >= 0 && place.x + width <= screen.width && !taken.some((one) => touches(one, place)));
}

function touches(a: Rectangle, b: Rectangle): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function drawPanel(
  context: CanvasRenderingContext2D,
  panel: Rectangle,
  { smoothed, label }: Face,
  labels: readonly string[],
): void {
  context.fillStyle = BACKGROUND;
  context.beginPath();
  context.roundRect(panel.x, panel.y, panel.width, panel.height, 10);
  context.fill();
  const [start, end] = [panel.x + PANEL.padding + PANEL.name, panel.x + panel.width - PANEL.padding];
  for (const [i, name] of labels.entries()) {
    const middle = panel.y + PANEL.padding + (i + 0.5) * PANEL.row;
    context.font = `${name === label ? 600 : 400} 12px Inter, sans-serif`;
    context.fillStyle = INK;
    context.fillText(name, panel.x + PANEL.padding, middle + 1);
    for (const [style, share] of [
      ['#ffffff33', 1],
      [colorOf(name, EXPRESSION_COLORS), smoothed[i] ?? 0],
    ] as const) {
      context.fillStyle = style;
      context.beginPath();
      context.roundRect(start, middle - 3.5, Math.max((end - start) * share, 2), 7, 3.5);
      context.fill();
    }
  }
}

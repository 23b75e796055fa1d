/** @file Brows, eyes, nose and mouth: what an expression moves. Each is drawn between curves over its width. */
import type { Brush, Point } from './brush.ts';
import type { Expression } from './expressions.ts';
import type { Color, Person } from './person.ts';

const EYE = { x: 0.32, y: -0.1, width: 0.16, above: 0.075, below: 0.055, iris: 0.078 };
const BROW = { inner: 0.13, outer: 0.54, y: -0.35 };
const NOSE = { wing: 0.13, y: 0.22 };
const MOUTH = { y: 0.53, width: 0.28 };

const WHITE: Color = [0.93, 0.93, 0.92];
const BLACK: Color = [0.04, 0.03, 0.03];
const THROAT: Color = [0.18, 0.05, 0.06];

export function paintFeatures(brush: Brush, point: Point, person: Person, expression: Expression): void {
  const { x, y } = point;
  const mirrored = { x: Math.abs(x), y };
  if (y > -0.2 && y < 0.4) paintNose(brush, mirrored, person, expression);
  if (y > 0.05 && y < 0.6) paintFolds(brush, mirrored, person, expression);
  if (y > -0.35 && y < 0.1) paintEye(brush, mirrored, person, expression);
  if (y > -0.7 && y < -0.05) paintBrow(brush, mirrored, person, expression);
  if (y > 0.2) paintMouth(brush, point, person, expression);
}

function paintEye(brush: Brush, { x, y }: Point, person: Person, expression: Expression): void {
  const centerX = EYE.x + person.eyeDistance;
  const width = EYE.width + person.eyeSize;
  const t = (x - centerX) / width;
  if (Math.abs(t) > 1.3) return;
  brush.paint(person.shadow, 0.4 * brush.ellipse({ x, y }, centerX, EYE.y - 0.03, 0.2, 0.13));
  const across = brush.inside((1 - Math.abs(t)) * width);
  const bulge = Math.max(1 - t * t, 0);
  // the outer corners hang where the inner brows rise and the lids fall, as in sorrow
  const droop = 0.04 * Math.max(-expression.upperLid, 0) * Math.max(expression.browInner, 0) * t;
  const top = EYE.y + droop - (EYE.above + person.eyeSize) * (1 + 0.75 * expression.upperLid) * bulge;
  const bottom = EYE.y + droop + EYE.below * (1 - 0.75 * expression.lowerLid) * bulge;
  const open = across * brush.between(y, top, bottom);
  const look = { x, y };
  const irisY = EYE.y - 0.012;
  brush.paint(WHITE, open);
  brush.paint(person.iris, open * brush.ellipse(look, centerX, irisY, EYE.iris, EYE.iris));
  brush.paint(BLACK, open * brush.ellipse(look, centerX, irisY, EYE.iris / 2, EYE.iris / 2));
  brush.paint(WHITE, open * 0.9 * brush.ellipse(look, centerX - 0.025, irisY - 0.03, 0.018, 0.018));
  brush.paint(BLACK, 0.85 * across * brush.between(y, top - 0.022, top + 0.006));
  brush.paint(person.crease, 0.6 * across * brush.between(y, bottom, bottom + 0.015));
  brush.paint(person.crease, 0.5 * across * brush.between(y, top - 0.07, top - 0.052));
  const bag = 0.55 * Math.max(expression.lowerLid, 0);
  brush.paint(person.shadow, bag * across * brush.between(y, bottom + 0.045, bottom + 0.065));
}

function paintBrow(brush: Brush, { x, y }: Point, person: Person, expression: Expression): void {
  const inner = BROW.inner - 0.05 * expression.browGather;
  const length = BROW.outer - inner;
  const t = (x - inner) / length;
  if (t > -0.2 && t < 1.2) {
    const place = Math.min(Math.max(t, 0), 1);
    const raised = 0.12 * expression.browInner * (1 - place) ** 1.4 + 0.11 * expression.browOuter * place ** 0.8;
    const center = BROW.y + 0.03 * place - raised - 0.05 * Math.sin(Math.PI * place ** 1.3);
    const thickness = person.browThickness * (1 - 0.55 * place);
    const along = brush.inside(Math.min(t, 1 - t) * length);
    brush.paint(person.brows, 0.92 * along * brush.between(y, center - thickness, center + thickness));
  }
  const frown = 0.65 * Math.max(expression.browGather, 0) * brush.between(y, BROW.y - 0.03, BROW.y + 0.16);
  brush.paint(person.crease, frown * brush.between(x, 0.035, 0.06));
  const lifted = Math.max(expression.browInner + 0.6 * expression.browOuter - 0.5, 0);
  for (const height of [-0.6, -0.53]) {
    const line = height + 0.15 * x * x;
    const forehead = brush.inside(0.4 - x) * brush.between(y, line, line + 0.018);
    brush.paint(person.shadow, 0.45 * Math.min(lifted, 1) * forehead);
  }
}

function paintNose(brush: Brush, { x, y }: Point, person: Person, { noseWrinkle }: Expression): void {
  if (x > 0.25) return;
  const bottom = NOSE.y + person.noseLength - 0.04 * noseWrinkle;
  const wing = NOSE.wing + 0.02 * noseWrinkle;
  const side = 0.05 + 0.06 * ((y + 0.1) / 0.35);
  brush.paint(person.shadow, 0.3 * brush.between(y, -0.12, bottom) * brush.between(x, side, side + 0.035));
  brush.paint(person.shadow, 0.55 * brush.ellipse({ x, y }, 0, bottom + 0.035, wing, 0.035));
  brush.paint(person.shadow, 0.5 * brush.ellipse({ x, y }, wing, bottom, 0.025, 0.05));
  brush.paint(BLACK, 0.75 * brush.ellipse({ x, y }, 0.065, bottom + 0.03, 0.034, 0.02));
  for (const height of [-0.06, 0, 0.06]) {
    const wrinkle = brush.inside(0.09 - x) * brush.between(y, height + 0.4 * x, height + 0.4 * x + 0.02);
    brush.paint(person.crease, 0.6 * Math.max(noseWrinkle, 0) * wrinkle);
  }
}

/** The folds from the nose to the corners of the mouth, and the cheeks that a smile lifts. */
function paintFolds(brush: Brush, { x, y }: Point, person: Person, expression: Expression): void {
  const smile = Math.max(expression.mouthCorners, 0);
  const depth = 0.08 + 0.55 * Math.min(Math.max(expression.noseWrinkle, 0.85 * smile, 0), 1);
  const t = (y - 0.2) / 0.36;
  if (t > -0.1 && t < 1.1) {
    const place = Math.min(Math.max(t, 0), 1);
    const line = 0.17 + (0.15 + 0.08 * smile) * place ** 0.9;
    brush.paint(person.crease, depth * brush.between(y, 0.2, 0.56) * brush.between(x, line, line + 0.022));
  }
  const cheek = brush.ellipse({ x, y }, 0.42, 0.2, 0.13, 0.09);
  brush.paint(person.cheeks, 0.6 * Math.min(smile, 1) * cheek);
}

function paintMouth(brush: Brush, { x, y }: Point, person: Person, expression: Expression): void {
  const width = MOUTH.width + person.mouthWidth + 0.1 * expression.mouthWidth;
  const t = x / width;
  if (Math.abs(t) > 1.2) return;
  const across = brush.inside((1 - Math.abs(t)) * width);
  const arc = Math.sqrt(Math.max(1 - t * t, 0));
  const gap = 0.3 * Math.max(expression.mouthOpen, 0) * arc;
  const middle = MOUTH.y + 0.06 * expression.mouthOpen - 0.15 * expression.mouthCorners * (t * t - 0.4);
  const upper = middle - 0.3 * gap - 0.055 * Math.max(expression.upperLip, 0) * arc;
  const lower = middle + 0.7 * gap;
  const lip = person.lipThickness * (1 - 0.7 * Math.max(expression.lipPress, 0));
  const bow = 1 - 0.25 * Math.exp(-((t / 0.18) ** 2));
  brush.paint(person.lips, across * brush.between(y, upper - 0.8 * lip * arc * bow, lower + 1.1 * lip * arc));
  brush.paint(THROAT, across * brush.between(y, upper, lower));
  const teeth = Math.min(Math.max(0.55 + expression.mouthWidth + 0.3 * expression.upperLip, 0), 1) * (lower - upper);
  brush.paint(
    WHITE,
    0.95 * across * brush.inside((0.9 - Math.abs(t)) * width) * brush.between(y, upper, upper + 0.6 * teeth),
  );
  brush.paint(person.lipLine, 0.85 * across * brush.between(y, upper - 0.012, upper + 0.012));
  const under = lower + 1.1 * lip + 0.05;
  brush.paint(person.shadow, 0.4 * brush.inside(0.14 - Math.abs(x)) * brush.between(y, under, under + 0.03));
}

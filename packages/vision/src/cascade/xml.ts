/** @file OpenCV's XML cascades: what opencv_traincascade writes, and the ones that OpenCV ships. */
import { FormatError } from '@fer/core';
import { parseXml, XmlElement } from '@rgrove/parse-xml';
import { type Cascade, checkCascade, RECTANGLES, SIDES } from './cascade.ts';

const OPERATOR = 'CascadeClassifier.load';

/** A file that is larger than this is not a cascade: the largest that OpenCV ships has 3.4 million characters. */
const MAX_CHARACTERS = 2 ** 25;

const broken = (message: string) => new FormatError(OPERATOR, message);

/** @throws FormatError if it is not XML, not a cascade over Haar-like features, or contradicts itself */
export function parseCascade(xml: string): Cascade {
  const root = child(parse(xml), 'cascade');
  expectText(root, 'stageType', 'BOOST');
  expectText(root, 'featureType', 'HAAR');
  const features = items(child(root, 'features')).map(readFeature);
  const stages = items(child(root, 'stages')).map((stage) => readStage(stage, features));
  const trees = stages.flatMap((stage) => stage.trees);
  const nodes = trees.flatMap((tree) => tree.nodes);
  return checkCascade(OPERATOR, {
    width: number(child(root, 'width')),
    height: number(child(root, 'height')),
    stageSizes: Int32Array.from(stages, (stage) => stage.trees.length),
    stageThresholds: Float32Array.from(stages, (stage) => stage.threshold),
    treeSizes: Int32Array.from(trees, (tree) => tree.nodes.length),
    rectangles: Uint8Array.from(nodes.flatMap((node) => node.feature.rectangles)),
    weights: Float32Array.from(nodes.flatMap((node) => node.feature.weights)),
    tilted: Uint8Array.from(nodes, (node) => Number(node.feature.tilted)),
    thresholds: Float32Array.from(nodes, (node) => node.threshold),
    left: Int32Array.from(nodes, (node) => node.left),
    right: Int32Array.from(nodes, (node) => node.right),
    leaves: Float32Array.from(trees.flatMap((tree) => tree.leaves)),
  });
}

interface Feature {
  readonly rectangles: number[];
  readonly weights: number[];
  readonly tilted: boolean;
}

function readFeature(element: XmlElement): Feature {
  const rects = items(child(element, 'rects')).map((rect) => numbers(rect));
  if (rects.length < 1 || rects.length > RECTANGLES)
    throw broken(`a feature has 1 to ${RECTANGLES} rectangles but one has ${rects.length}`);
  const rectangles: number[] = new Array(RECTANGLES * SIDES).fill(0);
  const weights: number[] = new Array(RECTANGLES).fill(0);
  rects.forEach((rect, i) => {
    const sides = rect.slice(0, SIDES);
    // where it must end is checked when the window is known
    if (rect.length !== SIDES + 1 || !sides.every((side) => Number.isInteger(side) && side >= 0 && side <= 255))
      throw broken(`a rectangle is x, y, width, height (integers in the window) and a weight, but one is ${rect}`);
    rectangles.splice(i * SIDES, SIDES, ...sides);
    weights[i] = rect[SIDES] as number;
  });
  const tilted = element.children.some((node) => node instanceof XmlElement && node.name === 'tilted');
  return { rectangles, weights, tilted: tilted && number(child(element, 'tilted')) !== 0 };
}

interface Stage {
  readonly threshold: number;
  readonly trees: Tree[];
}

interface Tree {
  readonly nodes: Node[];
  readonly leaves: number[];
}

interface Node {
  readonly left: number;
  readonly right: number;
  readonly feature: Feature;
  readonly threshold: number;
}

function readStage(element: XmlElement, features: readonly Feature[]): Stage {
  return {
    threshold: number(child(element, 'stageThreshold')),
    trees: items(child(element, 'weakClassifiers')).map((tree) => readTree(tree, features)),
  };
}

/** Nodes are left child, right child, feature, threshold. */
function readTree(element: XmlElement, features: readonly Feature[]): Tree {
  const values = numbers(child(element, 'internalNodes'));
  const leaves = numbers(child(element, 'leafValues'));
  if (values.length === 0 || values.length % 4 !== 0 || leaves.length !== values.length / 4 + 1)
    throw broken(
      `a tree has 4 numbers a node and a leaf more than nodes, but one has ${values.length} and ${leaves.length}`,
    );
  const nodes: Node[] = [];
  for (let i = 0; i < values.length; i += 4) {
    const [left, right, index, threshold] = values.slice(i, i + 4) as [number, number, number, number];
    const feature = features[index];
    if (!feature) throw broken(`a node asks for feature ${index} of ${features.length}`);
    if (![left, right].every((next) => Number.isInteger(next) && Math.abs(next) <= values.length))
      throw broken(`a node's children must be nodes or leaves of its tree but are ${left} and ${right}`);
    nodes.push({ left, right, feature, threshold });
  }
  return { nodes, leaves };
}

/** The root element. */
function parse(xml: string): XmlElement {
  if (typeof xml !== 'string') throw broken(`a cascade is the text of an XML file, but ${typeof xml} came`);
  if (xml.length > MAX_CHARACTERS) throw broken(`the file has ${xml.length} characters of at most ${MAX_CHARACTERS}`);
  try {
    const { root } = parseXml(xml);
    if (root?.name === 'opencv_storage') return root;
  } catch (error) {
    // the parser recurses: elements nested without end exhaust the stack, which is a RangeError
    throw broken(`not XML: ${(error instanceof Error ? error.message : String(error)).slice(0, 200)}`);
  }
  throw broken("not a file of OpenCV's: its root must be opencv_storage");
}

const elements = (parent: XmlElement) => parent.children.filter((node) => node instanceof XmlElement);

/** The one element of that name. */
function child(parent: XmlElement, name: string): XmlElement {
  const [found, second] = elements(parent).filter((element) => element.name === name);
  if (!found || second) throw broken(`${parent.name} must have one element ${name} but has ${found ? 'more' : 'none'}`);
  return found;
}

/** Those of a list, which have no names. */
const items = (parent: XmlElement) => elements(parent).filter((element) => element.name === '_');

function numbers(element: XmlElement): number[] {
  const words = element.text.trim().split(/\s+/);
  return words.map((word) => {
    const value = Number(word);
    if (word === '' || Number.isNaN(value))
      throw broken(`${element.name} must hold numbers but holds '${word.slice(0, 40)}'`);
    return value;
  });
}

function number(element: XmlElement): number {
  const [value, ...rest] = numbers(element);
  if (value === undefined || rest.length > 0) throw broken(`${element.name} must hold one number`);
  return value;
}

function expectText(parent: XmlElement, name: string, expected: string): void {
  const text = child(parent, name).text.trim();
  if (text !== expected) throw broken(`${name} must be ${expected} but is '${text.slice(0, 40)}'`);
}

/** @file From a kernel in the project's dialect (dialect.ts) to the source text that gpu.js compiles on one mode. */
import type * as acorn from 'acorn';
import { helpers, type KernelFunction, type ScalarFunction } from './dialect.ts';
import { parseFunction, plainFunction } from './plain.ts';

/** How a kernel reads an operand. */
export type Access = 'float' | 'cell';

export interface LoweredKernel {
  readonly source: string;
  /** One for each tensor among the parameters, which come first. */
  readonly accesses: readonly Access[];
  /** Floats of the result that a thread computes: one, a cell, or a tile of four cells. */
  readonly resultWidth: 1 | 4 | 16;
}

/**
 * What memory consists of. Of texels: reading a cell is reading an Array(4), and every result is written so. Of vectors:
 * a function of the device's reads a cell (`cellFunction`). Of floats: reading a cell is reading four of them.
 */
export type Packing = 'texels' | 'vectors' | 'floats';

type Node = acorn.AnyNode;
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Rewrites a kernel for gpu.js. Works on the function's own text, brought into a plain form first, so that it survives
 * bundlers and minifiers, which rename variables but not properties.
 */
export function lowerKernel(kernel: KernelFunction, packing: Packing): LoweredKernel {
  const { text, node } = parse(kernel);
  const reads = findReads(node);
  const parameters = node.params.map((parameter) => nameOf(parameter));
  const accesses = parameters.filter((name) => reads.has(name)).map((name) => accessOf(name, reads));
  const result = resultOf(node);
  const resultWidth = widthOf(result);
  const lanes = resultWidth === 1 && packing === 'texels';
  const simple = [
    ...floatReads(node),
    ...helperCalls(node),
    ...constantReads(node),
    ...(lanes ? laneThreads(node, text) : []),
  ];
  const readCell = cellReader(packing, parameters);
  const edits = [...simple, ...cellReads(node, text, readCell, simple), ...tileWrites(result, text)];
  const inner = { start: node.body.start + 1, end: node.body.end - 1 };
  const statements = lanes ? fourLanes(result, text, edits, inner) : apply(text, edits, inner);
  return { source: `function kernel(${parameters.join(', ')}) {${statements}}`, accesses, resultWidth };
}

/** The source of a scalar function under a name that kernels call it by. */
export function lowerFunction(name: string, fn: ScalarFunction): string {
  const { text, node } = parse(fn);
  const edits = helperCalls(node);
  const body = apply(text, edits, node.body);
  return `function ${PREFIX}${name}(${node.params.map((parameter) => nameOf(parameter)).join(', ')}) ${body}`;
}

/** The helpers of the dialect, lowered. */
export function lowerHelpers(): string[] {
  return Object.entries(helpers).map(([name, fn]) => lowerFunction(name, fn));
}

function parse(fn: { toString(): string }) {
  const text = plainFunction(fn);
  return { text, node: parseFunction(text) };
}

type FunctionNode = ReturnType<typeof parseFunction>;

function nameOf(node: Node): string {
  if (node.type !== 'Identifier')
    throw new Error(`kernel: parameters and results of cell() must be plain names, not ${node.type}`);
  return node.name;
}

function* walk(node: Node): Generator<Node> {
  yield node;
  for (const child of Object.values(node)) {
    for (const item of Array.isArray(child) ? child : [child]) {
      if (item && typeof item === 'object' && 'type' in item) yield* walk(item as Node);
    }
  }
}

/** `x.method(index)`, if the node is such a call. */
function readOf(node: Node, method: 'at' | 'cell') {
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return undefined;
  const { object, property } = node.callee;
  const [index] = node.arguments;
  if (object.type !== 'Identifier' || property.type !== 'Identifier' || property.name !== method || !index)
    return undefined;
  return { operand: object.name, index };
}

function findReads(node: Node): Map<string, Set<Access>> {
  const reads = new Map<string, Set<Access>>();
  for (const child of walk(node)) {
    const float = readOf(child, 'at');
    const cell = readOf(child, 'cell');
    const read = float ?? cell;
    if (read) reads.set(read.operand, (reads.get(read.operand) ?? new Set()).add(float ? 'float' : 'cell'));
  }
  return reads;
}

function accessOf(name: string, reads: Map<string, Set<Access>>): Access {
  const [access, another] = reads.get(name) ?? [];
  if (!access || another) throw new Error(`kernel: operand ${name} must be read by at() or by cell(), not by both`);
  return access;
}

interface CellRead {
  readonly operand: string;
  readonly index: string;
  /** Whether gpu.js keeps the index in integers. */
  readonly isInteger: boolean;
  /** Of the four floats, those that are wanted. */
  readonly names: readonly (string | undefined)[];
}

/** The statements for a read of a cell. */
function cellReader(packing: Packing, parameters: readonly string[]): (read: CellRead) => string {
  const eachLane = ({ names }: CellRead, lane: (i: number) => string) =>
    names.map((name, i) => (name ? `const ${name} = ${lane(i)};` : '')).join(' ');
  if (packing === 'floats')
    return (read) => {
      const place = read.isInteger ? read.index : `${read.index} | 0`;
      return eachLane(read, (i) => `${read.operand}[(${place}) * 4 + ${i}]`);
    };
  return (read) => {
    const { operand, index, names } = read;
    const cell = `${names.find((name) => name)}_cell`;
    const value =
      packing === 'texels' ? `${operand}[${index}]` : `${cellFunction(parameters.indexOf(operand))}(${index})`;
    return `const ${cell} = ${value}; ${eachLane(read, (i) => `${cell}[${i}]`)}`;
  };
}

/** The function that reads a cell of the i-th operand, where memory consists of vectors. */
export function cellFunction(i: number): string {
  return `${PREFIX}cell${i}`;
}

/** `const [p, q, r, s] = x.cell(i);` becomes reads of a cell, or of floats, whose places are computed in integers. */
function cellReads(node: Node, text: string, readCell: (read: CellRead) => string, simple: readonly Edit[]): Edit[] {
  const edits: Edit[] = [];
  const counters = loopCounters(node);
  for (const declaration of walk(node)) {
    if (declaration.type !== 'VariableDeclaration') continue;
    if (!declaration.declarations.some(({ id }) => id.type === 'ArrayPattern')) continue;
    const statements = declaration.declarations.map((declarator) => {
      const read = declarator.init ? readOf(declarator.init, 'cell') : undefined;
      if (declarator.id.type !== 'ArrayPattern' || !read)
        return `${declaration.kind} ${apply(text, simple, declarator)};`;
      return readCell({
        operand: read.operand,
        index: apply(text, simple, read.index),
        isInteger: isInteger(read.index, counters),
        names: declarator.id.elements.map((element) => (element ? nameOf(element) : undefined)),
      });
    });
    edits.push({ start: declaration.start, end: declaration.end, text: statements.join(' ') });
  }
  return edits;
}

function loopCounters(node: Node): Set<string> {
  return new Set(
    [...walk(node)].flatMap((loop) =>
      loop.type === 'ForStatement' && loop.init?.type === 'VariableDeclaration'
        ? loop.init.declarations.map(({ id }) => nameOf(id))
        : [],
    ),
  );
}

/** Whether gpu.js keeps an index in integers. It makes floats of every local variable but the counters of loops. */
function isInteger(index: Node, counters: ReadonlySet<string>): boolean {
  switch (index.type) {
    case 'BinaryExpression':
      return isInteger(index.left, counters) && isInteger(index.right, counters);
    case 'Identifier':
      return counters.has(index.name);
    default:
      return index.type === 'Literal' || index.type === 'MemberExpression';
  }
}

/** `x.at(i)` becomes `x[i]`. */
function floatReads(node: Node): Edit[] {
  return [...walk(node)].flatMap((call) => {
    const read = readOf(call, 'at');
    if (!read) return [];
    return [
      { start: call.start, end: read.index.start, text: `${read.operand}[` },
      { start: read.index.end, end: call.end, text: ']' },
    ];
  });
}

/**
 * Names of our functions and constants get a prefix. gpu.js takes names of functions into GLSL and WGSL as they are,
 * where `output` and others are reserved; and on cpu it takes any parameter for the constant of the same name.
 */
export const PREFIX = 'fer_';

/** `this.divide(i, n)` becomes `fer_divide(i, n)`. */
function helperCalls(node: Node): Edit[] {
  return [...walk(node)].flatMap((call) => {
    if (call.type !== 'CallExpression' || call.callee.type !== 'MemberExpression') return [];
    const { object, property } = call.callee;
    return object.type === 'ThisExpression' ? [{ start: object.start, end: property.start, text: PREFIX }] : [];
  });
}

/** `this.constants.n` becomes `this.constants.fer_n`. */
function constantReads(node: Node): Edit[] {
  return [...walk(node)].flatMap((read) => {
    if (read.type !== 'MemberExpression' || read.object.type !== 'MemberExpression') return [];
    const { object, property } = read.object;
    if (object.type !== 'ThisExpression' || property.type !== 'Identifier' || property.name !== 'constants') return [];
    return [{ start: read.property.start, end: read.property.start, text: PREFIX }];
  });
}

function resultOf(node: FunctionNode): acorn.ReturnStatement {
  const statements = node.body.type === 'BlockStatement' ? node.body.body : [];
  const last = statements.at(-1);
  if (last?.type !== 'ReturnStatement') throw new Error('kernel: must end with its one return statement');
  if ([...walk(node)].filter(({ type }) => type === 'ReturnStatement').length !== 1)
    throw new Error('kernel: must have one return statement');
  return last;
}

function widthOf({ argument }: acorn.ReturnStatement): LoweredKernel['resultWidth'] {
  if (argument?.type !== 'ArrayExpression') return 1;
  return argument.elements[0]?.type === 'ArrayExpression' ? 16 : 4;
}

/**
 * Functions that a kernel passes the second to the fourth cell of its tile to. On texels gpu.js draws what they return; on
 * vectors they store it.
 */
export const tileCells = Object.fromEntries(
  ['second', 'third', 'fourth'].map((name) => [name, `function ${PREFIX}${name}(p, q, r, s) { return [p, q, r, s]; }`]),
);

/** `return [[...], [...], [...], [...]];` becomes three calls and `return [...];`. */
function tileWrites(result: acorn.ReturnStatement, text: string): Edit[] {
  if (result.argument?.type !== 'ArrayExpression' || widthOf(result) !== 16) return [];
  const [first, ...others] = result.argument.elements.map((cell) => text.slice(cell?.start, cell?.end));
  const calls = others.map((cell, i) => `${PREFIX}${Object.keys(tileCells)[i]}(${cell.slice(1, -1)});`);
  return [{ start: result.start, end: result.end, text: `${calls.join(' ')} return ${first};` }];
}

/** In a kernel of single floats, the number of the float within its thread's texel. */
function laneThreads(node: Node, text: string): Edit[] {
  return [...walk(node)]
    .filter((child) => child.type === 'MemberExpression' && text.slice(child.start, child.end) === 'this.thread.x')
    .map(({ start, end }) => ({ start, end, text: '(this.thread.x * 4 + lane)' }));
}

/** A kernel of single floats, run for the four floats of a texel. */
function fourLanes(
  result: acorn.ReturnStatement,
  text: string,
  edits: Edit[],
  inner: { start: number; end: number },
): string {
  const statements = apply(text, edits, { start: inner.start, end: result.start });
  const value = apply(text, edits, result.argument as Node);
  return `
  let lane0 = 0; let lane1 = 0; let lane2 = 0; let lane3 = 0;
  for (let lane = 0; lane < 4; lane++) {${statements}
    const laneValue = ${value};
    if (lane === 0) { lane0 = laneValue; } else if (lane === 1) { lane1 = laneValue; } else if (lane === 2) { lane2 = laneValue; } else { lane3 = laneValue; }
  }
  return [lane0, lane1, lane2, lane3];
`;
}

/** The text of a range with the edits within it carried out; an edit that holds another one wins. */
function apply(text: string, edits: readonly Edit[], range: { start: number; end: number }): string {
  const within = edits.filter(({ start, end }) => start >= range.start && end <= range.end);
  const outermost = within.filter(
    (edit) => !within.some((other) => other !== edit && other.start <= edit.start && other.end >= edit.end),
  );
  let result = '';
  let position = range.start;
  for (const edit of outermost.sort((a, b) => a.start - b.start)) {
    result += text.slice(position, edit.start) + edit.text;
    position = edit.end;
  }
  return result + text.slice(position, range.end);
}

/**
 * @file Lowering of kernels. Where tensors are rows of floats the result is JavaScript again, and where they are texels
 * or vectors it is so for arrays of cells: so it is run here, without gpu.js, and must compute what the kernel says.
 */
import { describe, expect, it } from 'vitest';
import type { KernelFunction, ScalarFunction } from '../../packages/core/src/backend/gpu/dialect.ts';
import { cellFunction, lowerFunction, lowerHelpers, lowerKernel } from '../../packages/core/src/backend/gpu/lower.ts';

type Packing = 'floats' | 'texels' | 'vectors';

interface Run {
  readonly operands: readonly (readonly number[])[];
  readonly numbers?: readonly number[];
  readonly constants?: Readonly<Record<string, number>>;
  readonly functions?: Readonly<Record<string, ScalarFunction>>;
  /** Floats of the result. */
  readonly length: number;
}

/** A function whose text is this very source: the test's own compiler does not touch it. */
const written = <T>(source: string): T => new Function(`return (${source})`)() as T;
const kernelOf = (source: string) => written<KernelFunction>(source);

/** Runs a lowered kernel for every thread. */
function run(
  kernel: KernelFunction,
  packing: Packing,
  { operands, numbers = [], constants = {}, functions = {}, length }: Run,
) {
  const lowered = lowerKernel(kernel, packing);
  const helpers = [...lowerHelpers(), ...Object.entries(functions).map(([name, fn]) => lowerFunction(name, fn))];
  const reads = operands.map((_, i) => `function ${cellFunction(i)}(place) { return cells[${i}][place]; }`);
  const compiled = new Function('cells', `${[...helpers, ...reads].join('\n')}\nreturn ${lowered.source}`)(
    operands.map(cellsOf),
  );
  const views = operands.map((values, i) =>
    packing === 'texels' && lowered.accesses[i] === 'cell' ? cellsOf(values) : values,
  );
  const perThread = packing === 'texels' ? 4 : lowered.resultWidth;
  const result: number[] = [];
  for (let x = 0; x < Math.ceil(length / perThread); x++) {
    const prefixed = Object.fromEntries(Object.entries(constants).map(([name, value]) => [`fer_${name}`, value]));
    const value = compiled.call({ thread: { x, y: 0, z: 0 }, constants: prefixed }, ...views, ...numbers);
    result.push(...(Array.isArray(value) ? value : [value]));
  }
  return result.slice(0, length);
}

const cellsOf = (values: readonly number[]) =>
  Array.from({ length: Math.ceil(values.length / 4) }, (_, i) => values.slice(i * 4, i * 4 + 4));

const packings: Packing[] = ['floats', 'texels', 'vectors'];
const eight = [1, 2, 3, 4, 5, 6, 7, 8];

describe.each(packings)('a kernel lowered to %s', (packing) => {
  it('reads and returns floats', () => {
    const kernel = kernelOf('function (x) { return x.at(this.thread.x) * 2; }');
    expect(run(kernel, packing, { operands: [eight], length: 7 })).toEqual([2, 4, 6, 8, 10, 12, 14]);
  });

  it('reads and returns cells', () => {
    const kernel = kernelOf(`function (x) {
      const [a, b, c, d] = x.cell(1 - this.thread.x);
      return [d, c, b, a];
    }`);
    expect(run(kernel, packing, { operands: [eight], length: 8 })).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
  });

  it('reads at places that it reads', () => {
    const kernel = kernelOf('function (x, at) { return x.at(at.at(this.divide(this.thread.x, 2)) + at.at(0)); }');
    expect(run(kernel, packing, { operands: [eight, [2, 0]], length: 4 })).toEqual([5, 5, 3, 3]);
  });

  it('reads cells at places that it reads, and leaves out lanes', () => {
    const kernel = kernelOf(`function (x, at) {
      const [, b, , d] = x.cell(at.at(this.thread.x)), scale = 10;
      return b * scale + d;
    }`);
    expect(run(kernel, packing, { operands: [eight, [1, 0, 0, 1]], length: 4 })).toEqual([68, 24, 24, 68]);
  });

  it('takes numbers, constants, helpers and functions', () => {
    const kernel = kernelOf(
      'function (x, scale) { return this.f(x.at(this.thread.x), this.divide(9, this.constants.n)) * scale; }',
    );
    const functions = { f: written<ScalarFunction>('(a, b) => this.tanh(0) + a - b') };
    const result = run(kernel, packing, {
      operands: [eight],
      numbers: [10],
      constants: { n: 4 },
      functions,
      length: 3,
    });
    expect(result).toEqual([-10, 0, 10]);
  });
});

/** A kernel as it is written, and as bundlers and minifiers leave it. */
const readable = `function (x, y, scale) {
  const n = this.constants.n;
  let total = 0;
  let largest = 0;
  let even = 0;
  for (let i = 0; i < this.constants.n; i++) {
    if (i < 2) {
      const [a, b, c, d] = x.cell(i);
      total += a + b * scale;
      largest = Math.max(largest, c * d);
    } else {
      const value = y.at(i);
      total -= value;
    }
    if (i > 0 && i !== 2) {
      even += 1;
    }
  }
  const positive = total > 0 ? 1 : 0;
  return total + largest * 100 + even * 10000 + positive * 1000000 + n * 10000000;
}`;

const rewritten: Record<string, string> = {
  'without braces':
    'function (x, y, scale) { const n = this.constants.n; let total = 0; let largest = 0; let even = 0;' +
    'for (let i = 0; i < this.constants.n; i++) { if (i < 2) { const [a, b, c, d] = x.cell(i); total += a + b * scale; largest = Math.max(largest, c * d); }' +
    'else total -= y.at(i); if (i > 0 && i !== 2) even += 1; }' +
    'return total + largest * 100 + even * 10000 + (total > 0 ? 1 : 0) * 1000000 + n * 10000000; }',
  'with effects chained by commas, && and ?:':
    'function (x, y, scale) { const n = this.constants.n; let total = 0, largest = 0, even = 0;' +
    'for (let i = 0; i < this.constants.n; i++) if (i < 2) { const [a, b, c, d] = x.cell(i); total += a + b * scale, largest = Math.max(largest, c * d), i > 0 && i !== 2 && (even += 1); }' +
    'else total -= y.at(i), i === 2 ? even += 0 : even += 1;' +
    'return even += 0, total + largest * 100 + even * 10000 + +(total > 0) * 1e6 + n * 1e7; }',
  'with names that are used again':
    'function(t,n,r){let e=this.constants.n,a=0,o=0,s=0;for(let i=0;i<this.constants.n;i++){if(i<2){let[n,e,f,c]=t.cell(i);a+=n+e*r,o=Math.max(o,f*c)}else{let t=n.at(i);a-=t}i>0&&i!==2&&(s+=1)}' +
    'return a+o*100+s*1e4+(a>0?1:0)*1e6+e*1e7}',
  'with its counter among other declarations':
    'function(t,n,r){let e=this.constants.n,a=0,o=0;for(let s0=1,i=0;i<this.constants.n;i++)if(i<2){let[n,e,f,c]=t.cell(i);a+=s0*(n+e*r);o=Math.max(o,f*c)}else a-=n.at(i);' +
    'let s=0;for(let i=0;i<this.constants.n;i++)i>0&&i!==2&&s++;return a+o*100+s*1e4+(a>0?1:0)*1e6+e*1e7}',
};

describe('a kernel that was bundled', () => {
  const call: Run = { operands: [eight, [9, 9, 0.5, 0.25]], numbers: [3], constants: { n: 4 }, length: 1 };
  // 1 + 2*3 + 5 + 6*3 - 0.5 - 0.25, max(3*4, 7*8), i = 1 and 3
  const expected = [29.25 + 5600 + 20_000 + 1_000_000 + 40_000_000];

  it.each(packings)('as it is written, on %s', (packing) => {
    expect(run(kernelOf(readable), packing, call)).toEqual(expected);
  });

  it.each(
    Object.entries(rewritten).flatMap(([name, source]) => packings.map((packing) => [name, packing, source] as const)),
  )('%s, on %s', (_name, packing, source) => {
    expect(run(kernelOf(source), packing, call)).toEqual(expected);
  });

  it('has a block for every branch, and every name once', () => {
    for (const source of Object.values(rewritten)) {
      const lowered = lowerKernel(kernelOf(source), 'floats').source;
      expect(lowered.match(/\b(if |for |function kernel)\(/g)?.length).toBe(lowered.match(/\) \{\n/g)?.length);
      const parameters = /\((.*?)\)/.exec(lowered)?.[1]?.split(', ') ?? [];
      const names = [...parameters, ...[...lowered.matchAll(/\b(?:let|const) (\w+)/g)].map(([, name]) => name)];
      expect(names.length).toBeGreaterThan(10);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

describe('what is told of a kernel', () => {
  it('how it reads its operands, and how many floats it computes', () => {
    const kernel = kernelOf(
      'function (x, y, z, alpha) { const [a, b] = x.cell(0); return a + b + y.at(0) + z.at(1) * alpha; }',
    );
    expect(lowerKernel(kernel, 'texels')).toMatchObject({ accesses: ['cell', 'float', 'float'], resultWidth: 1 });
    const cells = kernelOf('function (x) { const [a] = x.cell(0); return [a, a, a, a]; }');
    expect(lowerKernel(cells, 'floats')).toMatchObject({ accesses: ['cell'], resultWidth: 4 });
  });
});

describe('functions', () => {
  const call = (source: string, ...numbers: number[]) =>
    new Function(`return ${lowerFunction('f', written(source))}`)()(...numbers);

  it.each([
    ['an arrow', '(a, b) => a - b'],
    ['an arrow with a block', '(a, b) => { const c = a - b; return c; }'],
    ['a function', 'function (a, b) { return a - b; }'],
    ['a named function', 'function minus(a, b) { return a - b; }'],
    ['a method', '({ minus(a, b) { return a - b; } }).minus'],
    ['minified', '(t,n)=>t-n'],
  ])('may be %s', (_name, source) => {
    expect(call(source, 5, 3)).toBe(2);
  });

  it('may be an arrow of one bare parameter', () => {
    expect(call('t=>-t', 5)).toBe(-5);
  });

  it('may return early', () => {
    expect([-1, 5, 1].map((x) => call('(x) => { if (x < 0) return 0; if (x > 3) return 3; return x; }', x))).toEqual([
      0, 3, 1,
    ]);
  });
});

describe('the helpers', () => {
  const helpers = new Function(`${lowerHelpers().join('\n')}
    return { divide: fer_divide, erf: fer_erf, tanh: fer_tanh, power: fer_power };`)();

  it('divide', () => {
    for (const [i, n] of [
      [0, 3],
      [2, 3],
      [3, 3],
      [16_777_215, 1],
      [16_777_215, 4097],
      [16_777_214, 16_777_215],
    ] as const) {
      expect(helpers.divide(i, n)).toBe(Math.floor(i / n));
    }
  });

  it('erf', () => {
    // Abramowitz & Stegun 1964, table 7.1
    for (const [x, y] of [
      [0, 0],
      [0.5, 0.5204998778],
      [1, 0.8427007929],
      [2, 0.995322265],
      [-1, -0.8427007929],
    ] as const) {
      expect(helpers.erf(x)).toBeCloseTo(y, 6);
    }
  });

  it('tanh', () => {
    for (const x of [-100, -1, 0, 1e-3, 0.5, 3, 100]) expect(helpers.tanh(x)).toBeCloseTo(Math.tanh(x), 7);
  });

  it('power', () => {
    for (const [x, y] of [
      [2, 3],
      [-2, 3],
      [-2, 2],
      [-2, -1],
      [0, 0],
      [0, 2],
      [5, 0],
      [-3, 0],
      [2, 0.5],
    ] as const) {
      expect(helpers.power(x, y)).toBeCloseTo(x ** y, 12);
    }
    expect(helpers.power(-2, 0.5)).toBeNaN();
    expect(helpers.power(0, -1)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('what the dialect does not have', () => {
  it.each([
    [
      'function (x) { const [a] = x.cell(0); return a + x.at(1); }',
      'kernel: operand x must be read by at() or by cell(), not by both',
    ],
    ['function (x) { x.at(0); }', 'kernel: gpu.js compiles no CallExpression here'],
    ['function (x) { const a = x.at(0); }', 'kernel: must end with its one return statement'],
    ['function (x) { if (x.at(0) > 0) return 1; return 2; }', 'kernel: must have one return statement'],
    ['function ({ x }) { return x.at(0); }', 'kernel: gpu.js compiles no ObjectPattern here'],
    ['function (x) { while (x.at(0)) { } return 0; }', 'kernel: gpu.js compiles no WhileStatement here'],
    ['function (x) { for (const a of x) { } return 0; }', 'kernel: gpu.js compiles no ForOfStatement here'],
    [
      'function (x) { let i = 0; for (; i < 3; i++) { } return x.at(i); }',
      'kernel: loops must count, `for (let i = 0; i < n; i++)`',
    ],
    [
      'function (x) { let j = 0; for (let i = 0; i < 3; j++) { } return x.at(j); }',
      'kernel: loops must count a variable of their own',
    ],
    [
      'function (x) { const f = () => 1; return x.at(f()); }',
      'kernel: gpu.js compiles no ArrowFunctionExpression here',
    ],
  ])('%s', (source, message) => {
    expect(() => lowerKernel(kernelOf(source), 'floats')).toThrow(message);
  });
  it('anything but functions', () => {
    const text = { toString: () => '(x)' } as unknown as KernelFunction;
    expect(() => lowerKernel(text, 'floats')).toThrow('kernel: expected a function but found Identifier');
  });
});

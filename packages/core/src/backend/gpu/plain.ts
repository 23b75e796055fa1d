/**
 * @file Functions in the plain form that gpu.js compiles: a block for every branch, a statement for every effect, and a
 * name of its own for every variable. Bundlers and minifiers write the same otherwise: they drop braces, chain effects by
 * commas and `&&`, and use the names of outer variables again in inner scopes, which gpu.js takes for the outer ones.
 */
import type * as acorn from 'acorn';
import { parseExpressionAt } from 'acorn';

type FunctionNode = acorn.FunctionExpression | acorn.ArrowFunctionExpression;

export function parseFunction(text: string): FunctionNode {
  const node = parseExpressionAt(text, 0, { ecmaVersion: 2022 });
  if (node.type !== 'FunctionExpression' && node.type !== 'ArrowFunctionExpression') {
    throw new Error(`kernel: expected a function but found ${node.type}`);
  }
  return node;
}

/** The text of a function in plain form, beginning with `function (`. */
export function plainFunction(fn: { toString(): string }): string {
  const source = fn.toString();
  // a method's text, `divide(i, n) {...}`, becomes a function's
  const text = /^(function\b|\(|[\w$]+\s*=>)/.test(source) ? source : `function ${source}`;
  return new Printer().function(parseFunction(text));
}

/** Names in scope, each with the one that is printed for it. */
type Scope = Map<string, string>;

class Printer {
  readonly #used = new Set<string>();
  #scopes: readonly Scope[] = [];

  function({ params, body }: FunctionNode): string {
    return this.#scoped(() => {
      const names = params.map((parameter) => this.#pattern(parameter));
      const statements = body.type === 'BlockStatement' ? this.#statements(body.body) : this.#return(body);
      return `function (${names.join(', ')}) {\n${statements}\n}`;
    });
  }

  #scoped<T>(print: () => T): T {
    const outer = this.#scopes;
    this.#scopes = [new Map(), ...outer];
    try {
      return print();
    } finally {
      this.#scopes = outer;
    }
  }

  #statements(nodes: readonly (acorn.Statement | acorn.ModuleDeclaration)[]): string {
    return nodes.map((node) => this.#statement(node as acorn.Statement)).join('\n');
  }

  #statement(node: acorn.Statement): string {
    switch (node.type) {
      case 'EmptyStatement':
        return '';
      case 'BlockStatement':
        return this.#block(node);
      case 'VariableDeclaration':
        return node.declarations.map((one) => this.#declaration(node.kind, one)).join('\n');
      case 'ExpressionStatement':
        return this.#effect(node.expression);
      case 'IfStatement':
        return this.#if(
          node.test,
          () => this.#statement(node.consequent),
          node.alternate ? () => this.#statement(node.alternate as acorn.Statement) : undefined,
        );
      case 'ForStatement':
        return this.#for(node);
      case 'ReturnStatement':
        return node.argument ? this.#return(node.argument) : unknown(node);
      default:
        return unknown(node);
    }
  }

  #block({ body }: { body: acorn.Statement[] }): string {
    return this.#scoped(() => this.#statements(body));
  }

  #declaration(kind: string, { id, init }: acorn.VariableDeclarator): string {
    const value = init ? ` = ${this.#expression(init)}` : '';
    return `${kind} ${this.#pattern(id)}${value};`;
  }

  /** Declares the names of a pattern. */
  #pattern(node: acorn.Pattern): string {
    if (node.type === 'Identifier') return this.#declare(node.name);
    if (node.type !== 'ArrayPattern') return unknown(node);
    return `[${node.elements.map((element) => (element ? this.#pattern(element) : '')).join(', ')}]`;
  }

  #declare(name: string): string {
    let unique = name;
    for (let i = 1; this.#used.has(unique); i++) unique = `${name}_${i}`;
    this.#used.add(unique);
    this.#scopes[0]?.set(name, unique);
    return unique;
  }

  #nameOf(name: string): string {
    return this.#scopes.find((scope) => scope.has(name))?.get(name) ?? name;
  }

  #if(test: acorn.Expression, consequent: () => string, alternate?: () => string): string {
    const [effects, condition] = this.#lastOf(test);
    const otherwise = alternate ? ` else {\n${this.#scoped(alternate)}\n}` : '';
    return `${effects}if (${this.#expression(condition)}) {\n${this.#scoped(consequent)}\n}${otherwise}`;
  }

  /** The counter is what the loop goes on by; whatever else its head declares comes before it. */
  #for({ init, test, update, body }: acorn.ForStatement): string {
    if (init?.type !== 'VariableDeclaration' || !test || update?.type !== 'UpdateExpression')
      throw new Error('kernel: loops must count, `for (let i = 0; i < n; i++)`');
    return this.#scoped(() => {
      const counts = ({ id }: acorn.VariableDeclarator) =>
        id.type === 'Identifier' && update.argument.type === 'Identifier' && id.name === update.argument.name;
      const others = init.declarations.filter((one) => !counts(one)).map((one) => this.#declaration(init.kind, one));
      const [counter] = init.declarations.filter(counts);
      if (!counter) throw new Error('kernel: loops must count a variable of their own');
      const head = `${this.#declaration('let', counter)} ${this.#expression(test)}; ${this.#expression(update)}`;
      const statements = this.#scoped(() => this.#statement(body));
      return [...others, `for (${head}) {\n${statements}\n}`].join('\n');
    });
  }

  #return(argument: acorn.Expression): string {
    const [effects, value] = this.#lastOf(argument);
    return `${effects}return ${this.#expression(value)};`;
  }

  /** What a chain of commas does on its way, as statements, and its last link. */
  #lastOf(node: acorn.Expression): [effects: string, last: acorn.Expression] {
    if (node.type !== 'SequenceExpression') return ['', node];
    const effects = node.expressions.slice(0, -1).map((one) => `${this.#effect(one)}\n`);
    return [effects.join(''), node.expressions.at(-1) as acorn.Expression];
  }

  /** An expression whose value nobody takes. */
  #effect(node: acorn.Expression): string {
    switch (node.type) {
      case 'SequenceExpression':
        return node.expressions.map((one) => this.#effect(one)).join('\n');
      case 'ConditionalExpression':
        return this.#if(
          node.test,
          () => this.#effect(node.consequent),
          () => this.#effect(node.alternate),
        );
      case 'LogicalExpression':
        if (node.operator === '&&') return this.#if(node.left, () => this.#effect(node.right));
        return unknown(node);
      case 'AssignmentExpression': {
        const [effects, value] = this.#lastOf(node.right);
        return `${effects}${this.#expression(node.left as acorn.Expression)} ${node.operator} ${this.#expression(value)};`;
      }
      case 'UpdateExpression':
        return `${this.#expression(node)};`;
      default:
        return unknown(node);
    }
  }

  #expression(node: acorn.Expression | acorn.SpreadElement | acorn.PrivateIdentifier | acorn.Super): string {
    switch (node.type) {
      case 'Identifier':
        return this.#nameOf(node.name);
      case 'ThisExpression':
        return 'this';
      case 'Literal':
        return String(node.value);
      case 'UnaryExpression':
        // a minifier's way to write `condition ? 1 : 0`
        if (node.operator === '+') return `${this.#operand(node.argument)} ? 1 : 0`;
        return `${node.operator}${this.#operand(node.argument)}`;
      case 'UpdateExpression':
        return `${this.#expression(node.argument)}${node.operator}`;
      case 'BinaryExpression':
      case 'LogicalExpression':
        return `${this.#operand(node.left)} ${node.operator} ${this.#operand(node.right)}`;
      case 'ConditionalExpression':
        return `${this.#operand(node.test)} ? ${this.#operand(node.consequent)} : ${this.#operand(node.alternate)}`;
      case 'MemberExpression': {
        const object = this.#operand(node.object);
        if (node.computed) return `${object}[${this.#expression(node.property)}]`;
        return node.property.type === 'Identifier' ? `${object}.${node.property.name}` : unknown(node);
      }
      case 'CallExpression':
        return `${this.#operand(node.callee)}(${node.arguments.map((one) => this.#expression(one)).join(', ')})`;
      case 'ArrayExpression':
        return `[${node.elements.map((element) => (element ? this.#expression(element) : '')).join(', ')}]`;
      default:
        return unknown(node);
    }
  }

  /** In parentheses unless it binds tighter than every operator. */
  #operand(node: acorn.Expression | acorn.PrivateIdentifier | acorn.Super): string {
    const whole = ['Identifier', 'ThisExpression', 'Literal', 'MemberExpression', 'CallExpression'].includes(node.type);
    return whole ? this.#expression(node) : `(${this.#expression(node)})`;
  }
}

function unknown(node: acorn.AnyNode): never {
  throw new Error(`kernel: gpu.js compiles no ${node.type} here`);
}

/** Source files as the rules see them: what they import, make, read and spell out. Parsed, so that comments and strings fool nothing. */
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { parseAst } from 'vitest/node';

export interface Import {
  spec: string;
  /** Path within the project, or the bare package name. */
  to: string;
  ours: boolean;
  /** False where nothing of it is left once types are erased. */
  runtime: boolean;
}

export interface Source {
  path: string;
  text: string;
  imports: Import[];
  /** Names of classes after `new`, as their package calls them, whatever their local name. */
  made: string[];
  readsEnv: boolean;
  /** `Date.now`, `new Date()`, `Date()`: what the clock of this process says. */
  readsWallTime: boolean;
  /** String literals, and templates up to their first `${`. */
  strings: string[];
  /** Calls test(), it() or describe() of vitest outside any function: running the file runs tests. */
  runsTests: boolean;
}

/** Every file of the project by its path; only code is parsed. */
export interface Project {
  paths: string[];
  sources: Source[];
}

const CODE = /\.(ts|mts|cts|js|mjs|cjs)$/;
const FOLDERS = /^(queues|processors|src|test|bench)\//;
const NOT_OURS = new Set(['node_modules', 'dist', 'data', 'coverage']);

export function readProject(root: URL): Project {
  const files = new Map<string, () => string>();
  const visit = (folder: string) => {
    for (const entry of readdirSync(new URL(folder, root), { withFileTypes: true })) {
      if (NOT_OURS.has(entry.name) || entry.name.startsWith('.')) continue;
      const path = folder + entry.name;
      if (entry.isDirectory()) visit(`${path}/`);
      else files.set(path, () => readFileSync(new URL(path, root), 'utf8'));
    }
  };
  visit('./');
  return project([...files].map(([path, read]) => [path.slice(2), read]));
}

/** A made-up project, or one that readProject found. */
export function project(files: [path: string, read: () => string][]): Project {
  const paths = files.map(([path]) => path);
  const relevant = files.filter(([path]) => FOLDERS.test(path) && (CODE.test(path) || path.endsWith('.lua')));
  return { paths, sources: relevant.map(([path, read]) => readSource(path, read())) };
}

interface Node {
  type: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- one shape for every kind of node
  [key: string]: any;
}

function readSource(path: string, text: string): Source {
  const source: Source = {
    path,
    text,
    imports: [],
    made: [],
    readsEnv: false,
    readsWallTime: false,
    strings: [],
    runsTests: false,
  };
  if (path.endsWith('.lua')) return { ...source, strings: luaStrings(text) };
  const program = parseAst(text, { lang: 'ts', astType: 'ts' }) as unknown as Node;
  const locals = importedNames(program);
  walk(program, (node) => {
    const imported = importOf(node, path);
    if (imported) source.imports.push(imported);
    if (node.type === 'NewExpression') source.made.push(className(node['callee'], locals));
    if (isProcessEnv(node)) source.readsEnv = true;
    if (isWallTime(node)) source.readsWallTime = true;
    if (node.type === 'Literal' && typeof node['value'] === 'string') source.strings.push(node['value']);
    if (node.type === 'TemplateLiteral') source.strings.push(node['quasis'][0].value.cooked ?? '');
  });
  source.runsTests = program['body'].some((statement: Node) => runsTest(statement, locals));
  return source;
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (typeof (value as Node).type === 'string') visit(value as Node);
  for (const member of Object.values(value)) walk(member, visit);
}

function importOf(node: Node, from: string): Import | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration': {
      if (!node['source']) return undefined;
      const kind: string = node['importKind'] ?? node['exportKind'];
      return target(node['source'].value, from, kind !== 'type');
    }
    case 'ImportExpression':
    case 'TSImportType':
      return target(node['source'].value ?? '', from, node.type === 'ImportExpression');
    default:
      return undefined;
  }
}

function target(spec: string, from: string, runtime: boolean): Import {
  const ours = spec.startsWith('.');
  const name = spec.startsWith('@') ? spec.split('/', 2).join('/') : spec.split('/', 1)[0]!;
  return { spec, ours, runtime, to: ours ? posix.join(posix.dirname(from), spec) : name };
}

interface Imported {
  name: string;
  from: string;
}

/** What each imported name is called where it comes from. */
function importedNames(program: Node): Map<string, Imported> {
  const names = new Map<string, Imported>();
  for (const statement of program['body'] as Node[]) {
    if (statement.type !== 'ImportDeclaration') continue;
    for (const specifier of statement['specifiers'] as Node[]) {
      const name: string = specifier['imported']?.name ?? 'default';
      names.set(specifier['local'].name, { name, from: statement['source'].value });
    }
  }
  return names;
}

function className(callee: Node, locals: Map<string, Imported>): string {
  if (callee.type === 'MemberExpression') return callee['property'].name ?? '';
  const imported = locals.get(callee['name']);
  if (imported?.name === 'default' && imported.from === 'ioredis') return 'Redis';
  return imported && imported.name !== 'default' ? imported.name : (callee['name'] ?? '');
}

function isProcessEnv(node: Node): boolean {
  if (node.type === 'MemberExpression') {
    const { object, property } = node;
    return object.name === 'process' && (property.name ?? property.value) === 'env';
  }
  return (
    node.type === 'ImportDeclaration' &&
    /^(node:)?process$/.test(node['source'].value) &&
    (node['specifiers'] as Node[]).some((specifier) => specifier['imported']?.name === 'env')
  );
}

function isWallTime(node: Node): boolean {
  switch (node.type) {
    case 'MemberExpression':
      return node['object'].name === 'Date' && (node['property'].name ?? node['property'].value) === 'now';
    case 'VariableDeclarator':
      return node['id'].type === 'ObjectPattern' && node['init']?.name === 'Date';
    case 'NewExpression':
      return node['callee'].name === 'Date' && node['arguments'].length === 0;
    case 'CallExpression':
      return node['callee'].name === 'Date';
    default:
      return false;
  }
}

function runsTest(statement: Node, locals: Map<string, Imported>): boolean {
  if (statement.type !== 'ExpressionStatement') return false;
  let called: Node = statement['expression'];
  while (called && called.type !== 'Identifier') called = called['callee'] ?? called['object'];
  const imported = called && locals.get(called['name']);
  return imported?.from === 'vitest' && ['test', 'it', 'describe', 'suite'].includes(imported.name);
}

/** Strings of a Lua script: comments out, then what stands between quotes. */
function luaStrings(text: string): string[] {
  const code = text.replace(/--\[\[[\s\S]*?\]\]|--.*/g, '');
  return [...code.matchAll(/"((?:\\.|[^"\\\n])*)"|'((?:\\.|[^'\\\n])*)'/g)].map(
    ([, double, single]) => double ?? single!,
  );
}

/**
 * The rules of the code base that a machine can check: imports go one way, no import cycles, small files and
 * functions, no `any`, one place that turns text into code, a synchronous data plane.
 */

import { strict as assert } from 'node:assert'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { projectRoot } from './support/project-root.ts'
import { stripCommentsAndStrings } from './support/source-text.ts'

const root = projectRoot
const folders = ['planner', 'executor', 'udf', 'connectors', 'server', 'test'] as const
type Folder = (typeof folders)[number]

/** What each folder may import besides itself. */
const mayImport: Record<Folder, readonly Folder[]> = {
  planner: [],
  executor: ['planner'],
  udf: ['executor', 'planner'],
  connectors: ['executor', 'planner'],
  server: ['connectors', 'udf', 'executor', 'planner'],
  test: ['server', 'connectors', 'udf', 'executor', 'planner'],
}

/** Synchronous folders, and the files in them that name a promise for a stated reason. */
const synchronous = /^(planner\/|executor\/(?!runtime\/|io\/|checkpoint\/))/
const promiseReasons: Readonly<Record<string, string>> = {
  'planner/sql/raw-parser.ts': 'the parser is a WebAssembly module that starts once',
  'executor/operators/operator.ts': 'settle: the contract of the one asynchronous operator',
  'executor/operators/model-scorer.ts': 'inference runs in another thread',
  'executor/operators/model-score.ts': 'inference runs in another thread',
}

const topLevel = new Set([
  ...folders,
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'README.md',
  'LICENSE',
  'biome.json',
  '.mocharc.json',
  '.npmrc',
  '.gitignore',
  '.gitattributes',
  '.ci',
  'examples',
  'docs',
  '.git',
  'node_modules',
  'dist',
  '.build',
  '.cache',
])

interface SourceFile {
  readonly path: string
  readonly folder: Folder
  readonly lines: readonly string[]
  readonly code: string
  /** Imports of our own files, resolved; `byValue` when it is not type-only. */
  readonly imports: readonly { readonly path: string; readonly byValue: boolean }[]
}

function readSources(): SourceFile[] {
  return folders.flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts'))
      .map(name => readSource(folder, `${folder}/${name}`)),
  )
}

function readSource(folder: Folder, path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8')
  const statements = text.matchAll(/^(import|export)\s+(type\s)?[^'"`;]*?from\s+'(\.[^']+)'/gm)
  const imports = [...statements].map(match => ({
    path: normalize(join(dirname(path), match[3]!)),
    byValue: match[2] === undefined,
  }))
  return { path, folder, lines: text.split('\n'), code: stripCommentsAndStrings(text), imports }
}

describe('tidy', () => {
  const sources = readSources()

  const lineProblems = (check: (line: string) => boolean, of: (source: SourceFile) => readonly string[]) =>
    sources.flatMap(source =>
      of(source).flatMap((line, index) =>
        check(line) ? [`${source.path}:${index + 1}: ${line.trim()}`] : [],
      ),
    )

  const codeLines = (source: SourceFile): readonly string[] => source.code.split('\n')

  it('reads the sources', () => {
    assert.ok(sources.length > 50)
  })

  it('finds nothing unexpected at the top level', () => {
    const tracked = readdirSync(root).filter(name => !topLevel.has(name))
    assert.deepEqual(tracked, [])
  })

  it('sees imports go one way', () => {
    const problems = sources.flatMap(source =>
      source.imports
        .filter(({ path }) => {
          const target = path.split('/')[0] as Folder
          return target !== source.folder && !mayImport[source.folder].includes(target)
        })
        .map(({ path }) => `${source.path} imports ${path}`),
    )
    assert.deepEqual(problems, [])
  })

  it('sees server/pgwire know the session by its contract, and besides it logins, COPY and encodings', () => {
    const problems = sources
      .filter(source => source.path.startsWith('server/pgwire/'))
      .flatMap(source =>
        source.imports
          .filter(
            ({ path }) =>
              path.startsWith('server/') &&
              !path.startsWith('server/pgwire/') &&
              !path.startsWith('server/auth/') &&
              !path.startsWith('server/copy/') &&
              !path.startsWith('server/encoding/') &&
              path !== 'server/session-contract.ts' &&
              path !== 'server/resource-error.ts',
          )
          .map(({ path }) => `${source.path} imports ${path}`),
      )
    assert.deepEqual(problems, [])
  })

  it('finds no import cycle by value', () => {
    assert.deepEqual(findCycles(sources), [])
  })

  it('finds no any', () => {
    assert.deepEqual(
      lineProblems(line => /(:|<|\bas|,|\|)\s*any\b(?!\w|')/.test(line), codeLines),
      [],
    )
  })

  it('finds no function over 70 lines', () => {
    const problems = sources.flatMap(source => longFunctions(source, 70))
    assert.deepEqual(problems, [])
  })

  it('finds no file over 500 lines', () => {
    const problems = sources
      .filter(source => source.lines.length > 501)
      .map(source => `${source.path}: ${source.lines.length}`)
    assert.deepEqual(problems, [])
  })

  it('finds no line over 110 columns', () => {
    assert.deepEqual(
      lineProblems(
        line => line.length > 110,
        source => source.lines,
      ),
      [],
    )
  })

  it('finds one place that turns text into code', () => {
    const places = sources
      .filter(source => /\bnew Function\b|\beval\(/.test(source.code))
      .map(source => source.path)
    assert.deepEqual(places, ['executor/expression/codegen.ts'])
  })

  it('finds no console.log, unfinished marks or focused tests', () => {
    const marks = new RegExp(['console\\.log', '\\bFIX' + 'ME\\b', '\\bTO' + 'DO\\b'].join('|'))
    assert.deepEqual(
      lineProblems(
        line => marks.test(line),
        source => (source.path === 'test/tidy.test.ts' ? [] : source.lines),
      ),
      [],
    )
    assert.deepEqual(
      lineProblems(line => /\b(describe|it)\.only\(/.test(line), codeLines),
      [],
    )
  })

  it('finds no promise in the synchronous folders', () => {
    const problems = sources
      .filter(source => synchronous.test(source.path) && promiseReasons[source.path] === undefined)
      .filter(source => /\bPromise\b|\basync\b|\bawait\b/.test(source.code))
      .map(source => source.path)
    assert.deepEqual(problems, [])
  })
})

/** Strongly connected components of the value-import graph with more than one file. */
function findCycles(sources: readonly SourceFile[]): string[][] {
  const graph = new Map(
    sources.map(source => [
      source.path,
      source.imports.filter(({ byValue }) => byValue).map(({ path }) => path),
    ]),
  )
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const cycles: string[][] = []
  const visit = (path: string): void => {
    index.set(path, index.size)
    low.set(path, index.get(path)!)
    stack.push(path)
    for (const next of graph.get(path) ?? []) {
      if (!index.has(next)) visit(next)
      if (stack.includes(next)) low.set(path, Math.min(low.get(path)!, low.get(next)!))
    }
    if (low.get(path) !== index.get(path)) return
    const component = stack.splice(stack.indexOf(path))
    if (component.length > 1) cycles.push(component.sort())
  }
  for (const path of graph.keys()) if (!index.has(path)) visit(path)
  return cycles
}

/** Function bodies by the formatter's indentation: from the opening line to the brace at the same depth. */
function longFunctions(source: SourceFile, most: number): string[] {
  const lines = source.code.split('\n')
  const opens = /^(\s*)(?:.*\bfunction\b.*|(?:[\w#]+\s)*[\w#]+\(.*|.*=>\s*)\{\s*$/
  return lines.flatMap((line, start) => {
    const match = opens.exec(line)
    if (match === null || /^\s*(if|for|while|switch|catch|\} )/.test(line)) return []
    if (source.folder === 'test' && /^\s*(describe|it|before|after|beforeEach|afterEach)\(/.test(line))
      return []
    const end = lines.findIndex((other, index) => index > start && other.startsWith(`${match[1]}}`))
    const length = end - start + 1
    return length > most ? [`${source.path}:${start + 1}: ${length} lines`] : []
  })
}

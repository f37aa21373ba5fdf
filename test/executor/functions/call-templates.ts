/**
 * Calls of the core functions and operators, and interesting values of each type, for comparison with
 * PostgreSQL.
 */

/** SQL literals by the name of a pool; every pool is of one type. */
export const pools = {
  int2: cast('int2', ['0', '1', '-1', '7', '32767', '-32768', '100', '-3']),
  int4: cast('int4', [
    '0',
    '1',
    '-1',
    '2',
    '3',
    '7',
    '-7',
    '2147483647',
    '-2147483648',
    '100',
    '46341',
    '65536',
  ]),
  int8: cast('int8', [
    '0',
    '1',
    '-1',
    '10',
    '9223372036854775807',
    '-9223372036854775808',
    '3037000500',
    '4294967296',
    '-12345678901',
    '63',
  ]),
  float4: cast('float4', [
    '0',
    '1.5',
    '-2.25',
    '1e30',
    '1e-30',
    'NaN',
    'Infinity',
    '-Infinity',
    '3.4e38',
    '16777217',
    '0.1',
    '-0',
    '1234567.8',
  ]),
  float8: cast('float8', [
    '0',
    '1',
    '-1',
    '0.5',
    '2.5',
    '-2.5',
    '3.5',
    '1e300',
    '1e-300',
    'NaN',
    'Infinity',
    '-Infinity',
    '123456789012345678',
    '1e15',
    '0.0001',
    '0.00001',
    '-0',
    '45',
    '90',
    '30',
    '60',
    '720.5',
    '9.3e18',
  ]),
  numeric: cast('numeric', [
    '0',
    '1',
    '-1',
    '0.5',
    '2.5',
    '-2.50',
    '123.456',
    '1e10',
    '0.0001',
    '99999999999999999999.99',
    'NaN',
    'Infinity',
    '-Infinity',
    '3',
    '7.000',
    '-0.00123',
    '1.05',
    '0.95',
    '12345678901234567890',
    '1e-20',
    '10',
    '100.00',
    '-3',
    '0.3333333333',
  ]),
  price: cast('numeric(12,2)', ['0', '1', '-1', '12.34', '-99999.99', '9999999999.99', '100', '0.01', 'NaN']),
  text: cast('text', [
    '',
    'a',
    'abc',
    'ABC',
    'héllo wörld',
    '  pad  ',
    'a,b,,c',
    '日本語',
    '😀x😀',
    'Hello World 123',
    'xyxyx',
    "it''s",
    'back\\slash',
    '12',
    '-3.5',
    'true',
    'NaN',
  ]),
  small: cast('int4', ['0', '1', '2', '3', '-1', '-2', '5', '10']),
  bool: ['true', 'false'],
  bytea: cast('bytea', ['\\x', '\\x00', '\\xdeadbeef', '\\x616263', '\\xff00ff']),
  bpchar: cast('bpchar(5)', ['ab', 'ab  ', 'x', '', 'abcde']),
  uuid: cast('uuid', ['00000000-0000-0000-0000-000000000001', 'ffffffff-ffff-4fff-8fff-ffffffffffff']),
  ints: cast('int[]', ['{1,2,3}', '{}', '{3,NULL,1}', '{2}', '{{1,2},{3,4}}']),
  texts: cast('text[]', ['{a,b}', '{"a b","",NULL,"null","x,y","q\\"q"}', '{}']),
} as const

export type Pool = keyof typeof pools

/** `#0`, `#1` … stand for values of the pools. */
export interface Template {
  readonly text: string
  readonly args: readonly Pool[]
}

const numbers: readonly Pool[] = ['int2', 'int4', 'int8', 'float4', 'float8', 'numeric']
const integers: readonly Pool[] = ['int2', 'int4', 'int8']
const comparisons = ['=', '<>', '<', '<=', '>', '>=']

export const templates: readonly Template[] = [
  ...numbers.flatMap(left =>
    numbers.flatMap(right =>
      ['+', '-', '*', '/', '%', ...comparisons].map(name => make(`#0 ${name} #1`, left, right)),
    ),
  ),
  ...['+', '-', '*', ...comparisons].map(name => make(`#0 ${name} #1`, 'price', 'price')),
  ...comparisons.map(name => make(`#0 ${name} 1.5`, 'price')),
  ...comparisons.flatMap(name =>
    (['text', 'bytea', 'bpchar', 'bool', 'uuid', 'ints', 'texts'] as const).map(type =>
      make(`#0 ${name} #1`, type, type),
    ),
  ),
  ...integers.flatMap(type => [
    ...['&', '|', '#'].map(name => make(`#0 ${name} #1`, type, type)),
    ...['<<', '>>'].map(name => make(`#0 ${name} #1`, type, 'small')),
    make('~ #0', type),
    ...['gcd', 'lcm', 'mod'].map(name => make(`${name}(#0, #1)`, type, type)),
  ]),
  ...numbers.flatMap(type =>
    [
      '- #0',
      '@ #0',
      'abs(#0)',
      'sign(#0)',
      'ceil(#0)',
      'floor(#0)',
      'round(#0)',
      'trunc(#0)',
      'sqrt(#0)',
    ].map(text => make(text, type)),
  ),
  // Transcendental functions of doubles differ in the last digit between C libraries.
  ...[
    'cbrt',
    'exp',
    'ln',
    'log',
    'log10',
    'sin',
    'cos',
    'tan',
    'cot',
    'asin',
    'acos',
    'atan',
    'sind',
    'cosd',
    'tand',
    'cotd',
    'asind',
    'acosd',
    'atand',
    'sinh',
    'cosh',
    'tanh',
    'asinh',
    'acosh',
    'atanh',
    'degrees',
    'radians',
  ].map(name => make(`round(${name}(#0)::numeric, 9)`, 'float8')),
  ...['power', 'atan2', 'atan2d'].map(name => make(`round(${name}(#0, #1)::numeric, 9)`, 'float8', 'float8')),
  ...['exp', 'ln', 'log'].map(name => make(`${name}(#0)`, 'numeric')),
  ...['power', 'log', 'mod', 'div', 'gcd', 'lcm'].map(name => make(`${name}(#0, #1)`, 'numeric', 'numeric')),
  ...['round', 'trunc'].map(name => make(`${name}(#0, #1)`, 'numeric', 'small')),
  ...['scale', 'min_scale', 'trim_scale'].map(name => make(`${name}(#0)`, 'numeric')),
  make('width_bucket(#0, #1, #2, #3)', 'numeric', 'numeric', 'numeric', 'small'),
  make('width_bucket(#0, #1, #2, #3)', 'float8', 'float8', 'float8', 'small'),
  make('factorial(#0)', 'small'),
  ...casts(),
  ...textTemplates(),
  ...byteaTemplates(),
  ...arrayTemplates(),
  ...conditionalTemplates(),
]

function make(text: string, ...args: readonly Pool[]): Template {
  return { text, args }
}

function cast(type: string, values: readonly string[]): readonly string[] {
  return values.map(value => `'${value}'::${type}`)
}

function casts(): Template[] {
  const targets = [
    'int2',
    'int4',
    'int8',
    'float4',
    'float8',
    'numeric',
    'numeric(5,2)',
    'numeric(3,0)',
    'numeric(2,-3)',
    'text',
    'varchar(3)',
    'char(4)',
    'bool',
    'name',
    'oid',
    'uuid',
    'text[]',
  ]
  const sources: readonly Pool[] = [
    ...numbers,
    'price',
    'text',
    'bool',
    'bytea',
    'bpchar',
    'ints',
    'texts',
    'uuid',
  ]
  return sources.flatMap(source =>
    targets
      .filter(target => source !== 'bytea' || !target.startsWith('int'))
      .map(target => make(`#0::${target}`, source)),
  )
}

function textTemplates(): Template[] {
  const one = [
    'lower',
    'upper',
    'initcap',
    'reverse',
    'ascii',
    'md5',
    'ltrim',
    'rtrim',
    'btrim',
    'quote_ident',
    'quote_literal',
    'quote_nullable',
    'length',
    'char_length',
    'octet_length',
    'bit_length',
  ]
  const two = ['strpos', 'ltrim', 'rtrim', 'btrim', 'starts_with', 'string_to_array', 'concat', 'concat_ws']
  return [
    ...one.map(name => make(`${name}(#0)`, 'text')),
    ...['length', 'octet_length', 'bit_length'].map(name => make(`${name}(#0)`, 'bpchar')),
    ...['left', 'right', 'repeat', 'substr', 'lpad', 'rpad'].map(name =>
      make(`${name}(#0, #1)`, 'text', 'small'),
    ),
    ...two.map(name => make(`${name}(#0, #1)`, 'text', 'text')),
    ...['replace', 'translate'].map(name => make(`${name}(#0, #1, #2)`, 'text', 'text', 'text')),
    ...['lpad', 'rpad'].map(name => make(`${name}(#0, #1, #2)`, 'text', 'small', 'text')),
    ...(['int4', 'float8', 'numeric', 'bool', 'bytea', 'text'] as const).map(type =>
      make('#0 || #1', 'text', type),
    ),
    make('substr(#0, #1, #2)', 'text', 'small', 'small'),
    make("overlay(#0 placing 'ZZ' from #1 for #2)", 'text', 'small', 'small'),
    make('split_part(#0, #1, #2)', 'text', 'text', 'small'),
    make("split_part(#0, ',', #1)", 'text', 'small'),
    make('position(#0 in #1)', 'text', 'text'),
    make("format('%s|%I|%10s|%-6s|%L', #0, 'Ab', #2, #1, #0)", 'text', 'text', 'small'),
    make('chr(#0 + 64)', 'small'),
    make('chr(#0 * 100000)', 'small'),
    make('to_hex(#0)', 'int4'),
    make('to_hex(#0)', 'int8'),
  ]
}

function byteaTemplates(): Template[] {
  return [
    ...['hex', 'base64', 'escape'].flatMap(format => [
      make(`encode(#0, '${format}')`, 'bytea'),
      make(`decode(#0, '${format}')`, 'text'),
      make(`decode(encode(#0, '${format}'), '${format}')`, 'bytea'),
    ]),
    ...['sha224', 'sha256', 'sha384', 'sha512', 'md5', 'length', 'bit_count'].map(name =>
      make(`${name}(#0)`, 'bytea'),
    ),
    make('substr(#0, #1, #2)', 'bytea', 'small', 'small'),
    make('get_byte(#0, #1)', 'bytea', 'small'),
    make('#0 || #1', 'bytea', 'bytea'),
    make("convert_from(#0, 'UTF8')", 'bytea'),
  ]
}

function arrayTemplates(): Template[] {
  const functions = [
    'array_length',
    'array_upper',
    'array_lower',
    'array_append',
    'array_position',
    'array_remove',
  ]
  return [
    ...functions.map(name => make(`${name}(#0, #1)`, 'ints', 'small')),
    ...['cardinality', 'array_ndims', 'array_dims'].map(name => make(`${name}(#0)`, 'ints')),
    ...['@>', '<@', '&&', '||'].map(name => make(`#0 ${name} #1`, 'ints', 'ints')),
    make("array_to_string(#0, ',', '*')", 'ints'),
    make("array_to_string(#0, '|')", 'texts'),
    make('#0 = ANY(#1)', 'small', 'ints'),
    make('#0 <> ALL(#1)', 'small', 'ints'),
    make('(#0)[#1]', 'ints', 'small'),
    make('trim_array(#0, #1)', 'ints', 'small'),
    make('ARRAY[#0, #1, NULL]', 'numeric', 'numeric'),
    make('array_replace(#0, #1, 9)', 'ints', 'small'),
    make('array_prepend(#1, #0)', 'ints', 'small'),
  ]
}

function conditionalTemplates(): Template[] {
  return [
    make('greatest(#0, #1, #2)', 'numeric', 'numeric', 'numeric'),
    make('least(#0, #1)', 'float8', 'float8'),
    make('least(#0, #1, NULL)', 'text', 'text'),
    make('nullif(#0, #1)', 'int4', 'int4'),
    make('nullif(#0, #1)', 'text', 'text'),
    make('coalesce(NULL, #0, #1)', 'int4', 'int4'),
    make('coalesce(#0, #1, 2.5)', 'price', 'numeric'),
    make("CASE WHEN #0 > #1 THEN 'gt' WHEN #0 = #1 THEN NULL ELSE 'lt' END", 'int4', 'int4'),
    make('CASE WHEN #2 THEN #0 ELSE upper(#1) END', 'text', 'text', 'bool'),
    make('CASE #0 WHEN #1 THEN 1 / #1 ELSE 0 END', 'small', 'small'),
    make('#0 IS DISTINCT FROM #1', 'int4', 'int8'),
    make("ROW(#0, #1, 'x y')", 'int4', 'text'),
    make('#0 IN (#1, 1, NULL)', 'int8', 'int4'),
    make('#0 AND #1 OR NOT #2', 'bool', 'bool', 'bool'),
    make('(#0 OR #1) IS TRUE', 'bool', 'bool'),
  ]
}

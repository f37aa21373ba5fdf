/** Statements on which binder and PostgreSQL must agree; see postgres-oracle.test.ts. */

import { statementsOf } from './statement-list.ts'

const literals = [
  '1',
  '3000000000',
  '99999999999999999999',
  '1.5',
  "'x'",
  'null',
  'true',
  "date '2020-01-01'",
  "time '10:00'",
  "timestamp '2020-01-01'",
  "timestamptz '2020-01-01+00'",
  "interval '1 day'",
  "'{1,2}'::int[]",
  "jsonb '{}'",
  '1::smallint',
  '1::real',
  '1::float8',
  "'x'::text",
  "'x'::varchar",
  "'x'::char(3)",
  "'x'::name",
  "'00000000-0000-0000-0000-000000000000'::uuid",
  "'\\x00'::bytea",
  "json '{}'",
  'array[1.5]',
  "array['a']",
]

const binaryOperators = ['+', '-', '*', '/', '%', '=', '<', '||', '->', '->>', '~', '~~', '&', '^', '#>>']

/** Every operator over every pair of types. */
const operatorStatements = binaryOperators.flatMap(operator =>
  literals.flatMap(left => literals.map(right => `select ${left} ${operator} ${right}`)),
)

const castTypes = [
  'bool',
  'smallint',
  'int',
  'bigint',
  'real',
  'float8',
  'numeric',
  'numeric(5,1)',
  'text',
  'varchar(3)',
  'char(2)',
  'bytea',
  'uuid',
  'json',
  'jsonb',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'interval',
  'int[]',
  'text[]',
  'name',
]

/** PostgreSQL 18 casts between integers and bytea, 15 does not. */
function isNewByteaCast(sql: string): boolean {
  return /^select \((\d+|1::smallint)\)::bytea|bytea\)::(smallint|int|bigint)$/.test(sql)
}

/** Every type cast to every type; literals only where PostgreSQL does not read them at once. */
const castStatements = literals
  .filter(literal => literal !== "'x'")
  .flatMap(literal => castTypes.map(type => `select (${literal})::${type}`))
  .filter(sql => !isNewByteaCast(sql))

const unaryFunctions = [
  'abs',
  'lower',
  'length',
  'sum',
  'avg',
  'min',
  'max',
  'count',
  'round',
  'floor',
  'sqrt',
  'char_length',
  'md5',
  'date_part',
  'stddev',
  'bool_and',
  'array_agg',
  'to_char',
  'sign',
  'exp',
  'ceil',
  'upper',
  'reverse',
  'ascii',
  'int4',
  'float8',
  'text',
  'date',
  'numeric',
  'timestamptz',
  'array_length',
  'cardinality',
  'jsonb_typeof',
  'to_json',
  'to_jsonb',
  'concat',
  'coalesce',
  'array',
  'nosuch',
  'mod',
  'btrim',
  'isfinite',
]

const functionStatements = unaryFunctions.flatMap(name =>
  name === 'array' ? [] : literals.map(literal => `select ${name}(${literal})`),
)

const binaryFunctions = [
  'round',
  'mod',
  'power',
  'left',
  'repeat',
  'strpos',
  'date_trunc',
  'date_part',
  'age',
  'to_char',
  'concat',
  'concat_ws',
  'array_append',
  'array_position',
  'array_cat',
  'greatest',
  'coalesce',
  'nullif',
  'string_agg',
  'array_to_string',
  'jsonb_build_object',
  'atan2',
  'div',
  'log',
  'position',
  'starts_with',
  'extract',
  'split_part',
]

const sampleArguments = [
  '1',
  '1.5',
  "'x'",
  'null',
  "'x'::varchar",
  "date '2020-01-01'",
  "timestamptz '2020-01-01+00'",
  "interval '1 day'",
  'array[1]',
  '1::bigint',
  '1::float8',
  "jsonb '{}'",
]

const binaryFunctionStatements = binaryFunctions
  .filter(name => name !== 'position' && name !== 'extract')
  .flatMap(name =>
    sampleArguments.flatMap(left => sampleArguments.map(right => `select ${name}(${left}, ${right})`)),
  )

const commonTypeStatements = literals.flatMap(left =>
  literals.flatMap(right => [
    `select case when true then ${left} else ${right} end`,
    `select coalesce(${left}, ${right})`,
    `select array_length(array[${left}, ${right}], 1)`,
    `select ${left} in (${right}, ${right})`,
    `select ${left} union all select ${right}`,
    `values (${left}), (${right})`,
    `select ${left} between ${right} and ${left}`,
    `select ${left} is distinct from ${right}`,
    `select nullif(${left}, ${right})`,
  ]),
)

const handWrittenExpressions = statementsOf(`
select 1 as one, 2 two, 3;
select true;
select 'a';
select null;
select 1 + 1;
select -5;
select - 2147483648;
select -9223372036854775808;
select - a from t;
select + a from t;
select @ -5;
select ~ 5;
select not true;
select not 'x'::text;
select not 1;
select 1 and true;
select true or 0;
select a and f from t;
select case a when 1 then 2 end from t;
select case when 1 then 2 end;
select case when true then 1 else null end;
select case when f then x else v end from t;
select case x when null then 1 end from t;
select coalesce(a, b), coalesce(null, null), coalesce(x, v, c) from t;
select greatest(1, 2.5), least(a, d) from t;
select nullif(a, 1), nullif(null, 1) from t;
select a::text, cast(a as bigint), b::int, int4(b) from t;
select 'x'::text, date '2020-01-01', interval '1 day', interval '1' day, interval '2' minute from t;
select a in (1, 2, 3), a in (1, b), a not in (1, 2.5), a in (null) from t;
select a in ('x') from t where false;
select a in (1, true) from t;
select a between 1 and 2, a not between symmetric 2 and 1 from t;
select a is null, a is not null, f is true, f is not unknown from t;
select a is true from t;
select (a, b) = (1, 2), (a, x) < (1, 'b'), row(a, b) <> row(2, 3) from t;
select (a, b) = (1, 2, 3) from t;
select (a, b) is null, row(a) is not null from t;
select (a, b) in ((1, 2), (3, 4)) from t;
select a = any(ia), a = any('{1,2}'), a <> all(array[1, 2]), x = any(ta) from t;
select a = any(b) from t;
select a + any(ia) from t;
select x = any(ia) from t;
select 1 is distinct from null, a is not distinct from b from t;
select ia[1], ta[a], (array[1,2])[1] from t;
select a[1] from t;
select ia['x'::text] from t;
select jb['a'], jb[0] from t;
select jb['a']['b'] from t;
select array[1, 2.5], array[a, b], array[null, 1] from t;
select array[];
select array[]::int[], array[1, 2]::text[];
select array['1', '2']::int[];
select row(1, 2), (1, 'x');
select x like 'a%', x not ilike 'b', x ~ 'c', x !~* 'd' from t;
select v like c, a like 'x' from t;
select x similar to 'a' from t;
select x like 'a' escape '!' from t;
select extract(year from ts), extract(epoch from tz), extract(day from dt), extract(hour from iv) from
  t;
select extract(year from a) from t;
select position('a' in x), substring(x from 2 for 3), substring(x, 2), substring(x from 'a'), trim(x),
  trim(both 'a' from x), trim(leading from v) from t;
select overlay(x placing 'b' from 2), ltrim(x, 'a'), rtrim(v) from t;
select ts at time zone 'UTC', tz at time zone 'UTC' from t;
select current_date, current_timestamp, localtimestamp, now() from t;
select current_user, session_user, user, current_catalog, current_schema;
select x collate "C" from t;
select a collate "C" from t;
select x collate nosuch from t;
select nosuch from t;
select t.nosuch from t;
select nosuch.a from t;
select t.a, public.t.a from t;
select a.a from t a;
select t.a from t a;
select id from t, o;
select nam from o;
select o.nam from o;
select tid from o;
select amounts from o;
select i from t;
select Id from "Mixed";
select "Id", "select" from "Mixed";
select a + x from t;
select a || b from t;
select x || a, a || x, x || v, c || x, ia || 1, 1 || ia, ia || ia from t;
select null || null;
select 'a' || 'b', 'a' || 1, 1 || 'a';
select '1' + 1, 1 + '1', '1.5' * 2.0, '1' + '2';
select tz - ts, ts - dt, dt - dt, dt + 1, dt + iv, ts + iv, tz - iv, iv * 2, iv / 2.5, tm + iv, dt + tm
  from t;
select ts > '2020-01-01', dt = '2020-01-01', tz < now() from t;
select ts > dt, tz > dt, ts = tz from t;
select n * a, n / d, r + a, s + s, s * b, n + r from t;
select v = x, c = x, v = v, c = v, v || c from t;
select u = u, j = j from t;
select jb = jb, j::text from t;
select by = by, by || by from t;
select sum(a), sum(b), sum(s), sum(r), sum(d), sum(n), sum(iv) from t;
select avg(a), avg(b), avg(r), avg(n), avg(iv) from t;
select min(x), max(v), min(c), max(ts), min(ia), count(*), count(a), count(distinct x) from t;
select sum(x) from t;
select sum(*) from t;
select count() from t;
select lower(distinct x) from t;
select lower(x) filter (where true) from t;
select lower(*) from t;
select lower(x order by x) from t;
select string_agg(x, ',' order by a), array_agg(a order by b desc), array_agg(x) from t;
select string_agg(distinct x, ',' order by a) from t;
select count(distinct j) from t;
select sum(a) filter (where a > 1), count(*) filter (where x) from t;
select sum(sum(a)) from t;
select sum(a + count(b)) from t;
select sum(a) filter (where count(*) > 1) from t;
select a from t where sum(a) > 1;
select a from t where x;
select a from t where 1;
select a from t where null;
select lower(a) from t;
select lower(1, 2);
select abs(x) from t;
select nosuch(1, null, 'x');
select pg_catalog.lower(x), public.lower(x) from t;
select nosuch.lower(x) from t;
select length(x => 'a');
select abs('-1');
select abs(null);
select round('1.5'), round(n, 1), round(d) from t;
select pg_typeof(1), pg_typeof(null);
select 1::nosuch;
select 'a'::text collate "default";
select cast(a as bool), cast(b as bool) from t;
select a::date from t;
select dt::int from t;
select ia::int from t;
select a::int[] from t;
select count(t) from t;
select (t).a from t;
select (t).nosuch from t;
select (a).b from t;
select (t).* from o t;
select default;
select $1;
select $1 + 1;
select $1::int + $1;
select a = $1 from t;
select $1 = $2;
select $1 || $2;
select ia || '{1}', '{1}' || ia, ta || 'a', ia || null, null || ta, ia || $1, $2 || ta from t;
select ia || x from t;
select array_agg(v), array_agg(n), array_append(ta, 'x') from t;
select v = $1, $2 < v, v = any($3), v between $4 and $5, c = $6 from t;
select v in ($1), v in ($2, $3), v not in ($4, 'x'), coalesce(v, $5), nullif(v, $6) from t;
select v like $1, v || $2, v is distinct from $3, case v when $4 then 1 end, (v, c) = ($5, $6) from t;
select a in ($1, $2) from t;
select a = any($1) from t;
select $1 = any(ia) from t;
select x like $1 from t;
select coalesce($1, 1);
select coalesce($1, a), coalesce($2, x) from t;
select case when $1 then $2 else 3 end;
select lower($1);
select abs($1);
select $2;
select $1 is null;
select $1::int, $1 is null;
select $1 is null, $1::int;
select $1::int, $1::text;
select a + $1, x || $1 from t;
select sum($1);
select count($1);
select $1 between a and b from t;
select ts > $1, ts + $2 from t;
select jb -> $1 from t;
select ia[$1] from t;
select extract(year from $1);
select concat($1, $2);
select nullif($1, a), $2 is distinct from x from t;
select array[$1, 2], array[$2];
select row($1, 2);
select date_trunc($1, ts) from t;
select $1 at time zone $2;
select greatest($1, 2.5);
select 0.1, .5, 1e5, 1.5e-3;
select 'it''s', e'a\\n';
select (((a))), ((a)).b from t;
select f = 1 from t;
select f = true, f > false from t;
select 'x'::"char";
select a from t limit $1 offset $2;
select a from t limit x;
select a from t limit 'x'::text;
select a from t limit 1.5;
select a from t limit a;
select a from t limit count(*);
select a from t limit null;
select a from t limit all offset 1;
select date_part('year', ts), date_bin('1 hour', ts, '2020-01-01'), to_char(ts, 'YYYY') from t where
  false;
select md5(x), md5(v), upper(c), length(c), reverse(v) from t;
select to_timestamp(1), to_timestamp(x, x) from t;
select a % 2, n % 2, b & 1, a << 1, a # 1 from t;
select a ^ 2, n ^ 2, |/ 4, |/ a from t;
select a ! from t;
select a <-> b from t;
select generate_series(1, 2) from t where nosuch;
select 'a' = 'b', 'a' < null, null = null, null + null;
select - 'x';
select - null;
select - x from t;
select abs(-a), sign(n), ceil(r), floor(n) from t;
select id, t.*, o.id from t, o;
select *;
select o.* from t;
select x.y.z.w.v from t;
select otherdb.public.t.a from t;
select postgres.public.t.a from t;
select sum(distinct a order by a), sum(distinct a order by b) from t;
`)

const columns = 'a b s r d n x v c f dt tm ts tz iv u j jb by ia ta'.split(' ')

/** Every type assigned to a column of every type. */
export const assignmentStatements = columns.flatMap(column =>
  literals.flatMap(literal => (literal === "'x'" ? [] : [`insert into t (${column}) values (${literal})`])),
)

/**
 * Every fifth: the lists are products of 26 literals, so that all pairs of neighbours are still met
 * somewhere.
 */
function sample(statements: readonly string[]): readonly string[] {
  return statements.filter((_, index) => index % 5 === 0)
}

export const expressionStatements: readonly string[] = [
  ...handWrittenExpressions,
  ...sample(operatorStatements),
  ...sample(castStatements),
  ...sample(functionStatements),
  ...sample(binaryFunctionStatements),
  ...sample(commonTypeStatements),
]

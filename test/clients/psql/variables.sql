-- Results that become variables, statements, conditions and tables of their own.
SELECT 1 AS a, 'it''s' AS b, NULL AS c \gset pre_
\echo :pre_a :'pre_b' :{?pre_c}
SELECT :pre_a + 1 AS n, :'pre_b' AS quoted, 1 AS :"pre_b";
SELECT g FROM generate_series(1, 2) g \gset
SELECT 1 AS a WHERE false \gset
SELECT format('SELECT %s AS executed', g) FROM generate_series(1, 3) g \gexec
SELECT 'SELECT 1/0' FROM generate_series(1, 2) \gexec
\if :{?pre_a}
  \echo yes
\else
  \echo no
\endif
SELECT count(*) > 3 AS many FROM generate_series(1, 3) \gset
\if :many
  SELECT 'not reached';
\elif true
  SELECT 'reached';
\endif
SELECT g % 2 AS odd, 'column ' || g AS name, g AS v FROM generate_series(1, 4) g ORDER BY g \crosstabview
SELECT 1 AS a, 2 AS b \gx
SELECT 1 AS a \g (format=csv)
SELECT 1 \; SELECT 2 \; SELECT 3;
\echo :ROW_COUNT :ERROR :SQLSTATE
SELECT g FROM generate_series(1, 5) g \g /dev/null
\echo :ROW_COUNT
\set QUIET on
SELECT 'quiet' AS x;
\pset null '(null)'
\pset border 2
\pset linestyle unicode
SELECT NULL AS nothing, ARRAY[1, NULL] AS a, 'two' || chr(10) || 'lines' AS b;
\a
\t
SELECT 'unaligned', 1;

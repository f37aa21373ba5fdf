/**
 * Scripts about privileges that a real PostgreSQL and this server must answer alike. A line is
 * `role> statement`; each role has one connection for the length of its script, opened by its first line.
 * `connect role` opens a new one in its place. Scripts begin with the superuser root and nothing else.
 */

export const privilegeScripts: Readonly<Record<string, string>> = {
  'privileges on tables': `
    root> CREATE USER ada
    root> CREATE USER bob
    root> CREATE USER eve
    root> GRANT CREATE ON SCHEMA public TO ada
    ada> CREATE TABLE t (id int PRIMARY KEY, a int)
    bob> SELECT * FROM t
    bob> INSERT INTO t VALUES (1, 1)
    bob> UPDATE t SET a = 2
    bob> DELETE FROM t
    bob> TRUNCATE t
    bob> DROP TABLE t
    bob> GRANT SELECT ON t TO eve
    bob> ALTER TABLE t OWNER TO bob
    bob> CREATE TABLE u (a int)
    bob> CREATE VIEW v AS SELECT 1 AS x
    ada> GRANT INSERT, UPDATE ON t TO bob
    bob> INSERT INTO t VALUES (1, 1)
    bob> INSERT INTO t VALUES (2, 1) RETURNING id
    bob> UPDATE t SET a = 2
    bob> UPDATE t SET a = a + 1
    bob> UPDATE t SET a = 2 WHERE id = 1
    bob> INSERT INTO t VALUES (1, 1) ON CONFLICT DO NOTHING
    bob> INSERT INTO t VALUES (1, 1) ON CONFLICT (id) DO NOTHING
    bob> DELETE FROM t
    ada> GRANT DELETE ON t TO bob
    bob> DELETE FROM t WHERE id = 1
    bob> DELETE FROM t
    ada> GRANT SELECT, TRUNCATE ON t TO bob
    bob> SELECT count(*) FROM t
    bob> TRUNCATE t
    ada> GRANT USAGE ON t TO bob
    ada> GRANT EXECUTE ON t TO bob
    ada> GRANT nonsense ON t TO bob
    ada> GRANT SELECT ON missing TO bob
    ada> GRANT SELECT ON t TO nobody
    ada> GRANT ALL ON t TO PUBLIC WITH GRANT OPTION
    ada> REVOKE ALL ON t FROM bob
    bob> SELECT * FROM t
    ada> GRANT SELECT ON t TO bob WITH GRANT OPTION
    bob> GRANT SELECT ON t TO eve
    bob> GRANT ALL ON t TO eve
    bob> GRANT INSERT ON t TO eve
    eve> SELECT * FROM t
    eve> GRANT SELECT ON t TO bob
    ada> REVOKE SELECT ON t FROM bob
    ada> REVOKE GRANT OPTION FOR SELECT ON t FROM bob CASCADE
    eve> SELECT * FROM t
    bob> SELECT * FROM t
    bob> COPY t TO STDOUT
    eve> COPY t TO STDOUT
    eve> COPY (SELECT * FROM t) TO STDOUT
    ada> REVOKE SELECT ON t FROM ada
    ada> SELECT * FROM t
    ada> GRANT SELECT ON t TO ada
    ada> SELECT * FROM t
    eve> EXPLAIN (COSTS off) SELECT * FROM t WHERE missing = 1
    eve> SELECT * FROM t WHERE missing = 1
    eve> SELECT * FROM missing`,

  'privileges on columns': `
    root> CREATE USER ada
    root> CREATE USER bob
    root> CREATE TABLE t (id int PRIMARY KEY, a int, b int)
    root> INSERT INTO t VALUES (1, 2, 3)
    root> GRANT SELECT (id, a) ON t TO ada
    ada> SELECT a FROM t
    ada> SELECT id, a FROM t WHERE a > 1 ORDER BY id
    ada> SELECT b FROM t
    ada> SELECT * FROM t
    ada> SELECT a FROM t WHERE b = 3
    ada> SELECT a FROM t ORDER BY b
    ada> SELECT count(*) FROM t
    ada> SELECT count(a) FROM t
    ada> SELECT max(b) FROM t
    ada> SELECT t FROM t
    ada> SELECT x.a FROM t x JOIN t y ON x.id = y.id
    ada> SELECT x.a FROM t x JOIN t y ON x.id = y.b
    ada> SELECT x.a FROM t x JOIN t y USING (id)
    ada> SELECT 1 FROM t
    ada> SELECT s.a FROM (SELECT a, id FROM t) s
    ada> SELECT s.a FROM (SELECT * FROM t) s
    bob> SELECT 1 FROM t
    ada> INSERT INTO t (a) VALUES (1)
    ada> UPDATE t SET a = 1
    root> GRANT INSERT (id, a), UPDATE (a) ON t TO ada
    ada> INSERT INTO t (id, a) VALUES (2, 2)
    ada> INSERT INTO t (id, b) VALUES (3, 2)
    ada> INSERT INTO t VALUES (3, 2)
    ada> INSERT INTO t VALUES (3, 2, 1)
    ada> INSERT INTO t (id, a) VALUES (3, 2) RETURNING a
    ada> INSERT INTO t (id, a) VALUES (4, 2) RETURNING b
    ada> INSERT INTO t (id, a) VALUES (4, 2) RETURNING *
    ada> INSERT INTO t (id, a) VALUES (3, 2) ON CONFLICT (id) DO NOTHING
    ada> INSERT INTO t (id, a) VALUES (3, 2) ON CONFLICT (id) DO UPDATE SET a = excluded.a
    ada> INSERT INTO t (id, a) VALUES (3, 2) ON CONFLICT (id) DO UPDATE SET b = excluded.a
    ada> INSERT INTO t (id, a) VALUES (3, 2) ON CONFLICT (id) DO UPDATE SET a = excluded.a WHERE t.b = 1
    ada> INSERT INTO t (id, a) VALUES (3, 2) ON CONFLICT (id) DO UPDATE SET a = t.b
    ada> INSERT INTO t (id, a) VALUES (3, 2) ON CONFLICT (id) DO UPDATE SET a = excluded.b
    ada> INSERT INTO t (id, a) VALUES (3, 2) ON CONFLICT ON CONSTRAINT t_pkey DO NOTHING
    ada> UPDATE t SET a = 5 WHERE id = 1
    ada> UPDATE t SET a = 5 WHERE b = 1
    ada> UPDATE t SET b = 5 WHERE id = 1
    ada> UPDATE t SET a = b WHERE id = 1
    ada> DELETE FROM t WHERE id = 1
    root> GRANT DELETE ON t TO ada
    ada> DELETE FROM t WHERE b = 77
    ada> DELETE FROM t WHERE id = 77
    ada> COPY t (id, a) TO STDOUT
    ada> COPY t TO STDOUT
    ada> COPY t (b) TO STDOUT
    root> GRANT SELECT (missing) ON t TO ada
    root> GRANT DELETE (a) ON t TO ada
    root> GRANT TRUNCATE (a) ON t TO ada
    root> GRANT USAGE (a) ON t TO ada
    root> GRANT nonsense (a) ON t TO ada
    root> GRANT ALL (b) ON t TO bob
    bob> SELECT b FROM t WHERE b > 100
    bob> UPDATE t SET b = 1
    bob> SELECT a FROM t
    root> REVOKE SELECT (a) ON t FROM ada
    ada> SELECT a FROM t
    ada> SELECT id FROM t WHERE id = 1
    root> GRANT SELECT ON t TO ada
    root> REVOKE SELECT (id) ON t FROM ada
    ada> SELECT id, b FROM t WHERE id = 1
    root> REVOKE SELECT ON t FROM ada
    ada> SELECT id FROM t WHERE id = 1
    root> GRANT SELECT (id) ON t TO ada WITH GRANT OPTION
    ada> GRANT SELECT (id) ON t TO bob
    ada> GRANT SELECT (a) ON t TO bob
    ada> GRANT SELECT ON t TO bob
    bob> SELECT id FROM t WHERE id = 1
    root> REVOKE SELECT (id) ON t FROM ada
    root> REVOKE SELECT (id) ON t FROM ada CASCADE
    bob> SELECT id FROM t WHERE id = 1
    root> GRANT SELECT (id) ON t TO ada
    root> REVOKE ALL ON t FROM ada
    ada> SELECT id FROM t
    root> GRANT SELECT (id) ON t TO ada
    root> DROP ROLE ada`,

  views: `
    root> CREATE USER ada
    root> CREATE USER bob
    root> GRANT CREATE ON SCHEMA public TO ada
    root> CREATE TABLE t (a int, b int)
    root> INSERT INTO t VALUES (1, 2)
    root> GRANT SELECT (a) ON t TO ada
    ada> CREATE VIEW va AS SELECT a FROM t
    ada> CREATE VIEW vb AS SELECT b FROM t
    ada> SELECT * FROM va
    ada> SELECT * FROM vb
    bob> SELECT * FROM va
    ada> GRANT SELECT ON va, vb TO bob
    bob> SELECT * FROM va
    bob> SELECT * FROM vb
    ada> CREATE VIEW va AS SELECT 1
    bob> DROP VIEW va
    ada> DROP TABLE t
    ada> DROP VIEW t
    root> REVOKE SELECT (a) ON t FROM ada
    bob> SELECT * FROM va
    root> CREATE VIEW both AS SELECT a, b FROM t
    root> GRANT SELECT (a) ON both TO bob
    bob> SELECT a FROM both
    bob> SELECT b FROM both
    ada> ALTER VIEW va OWNER TO bob
    root> ALTER VIEW va OWNER TO bob
    ada> SELECT * FROM va
    ada> CREATE MATERIALIZED VIEW m AS SELECT b FROM t
    ada> CREATE MATERIALIZED VIEW m AS SELECT 1 AS x
    bob> SELECT * FROM m
    ada> GRANT SELECT ON m TO bob
    bob> SELECT count(*) FROM m
    bob> DROP MATERIALIZED VIEW m
    root> ALTER MATERIALIZED VIEW m OWNER TO nobody
    root> ALTER MATERIALIZED VIEW m OWNER TO bob`,

  schemas: `
    root> CREATE USER ada
    root> CREATE USER bob
    root> CREATE SCHEMA s
    root> CREATE TABLE s.t (a int)
    root> GRANT SELECT ON s.t TO ada
    ada> SELECT * FROM s.t
    ada> SELECT * FROM s.missing
    ada> CREATE TABLE s.u (a int)
    root> GRANT USAGE ON SCHEMA s TO ada
    ada> SELECT * FROM s.t
    ada> SELECT * FROM s.missing
    ada> SELECT * FROM nowhere.t
    ada> CREATE TABLE s.u (a int)
    root> GRANT CREATE ON SCHEMA s TO ada
    ada> CREATE TABLE s.u (a int)
    ada> DROP SCHEMA s
    ada> GRANT USAGE ON SCHEMA s TO bob
    ada> ALTER SCHEMA s OWNER TO ada
    ada> CREATE SCHEMA mine
    root> GRANT SELECT ON SCHEMA s TO ada
    root> GRANT USAGE ON SCHEMA missing TO ada
    root> DROP SCHEMA s
    root> ALTER SCHEMA s OWNER TO nobody
    root> ALTER SCHEMA s OWNER TO ada
    ada> DROP TABLE s.t
    ada> ALTER SCHEMA s OWNER TO bob
    root> GRANT SELECT ON ALL TABLES IN SCHEMA s TO bob
    root> GRANT SELECT ON ALL TABLES IN SCHEMA missing TO bob
    bob> SELECT * FROM s.u
    ada> GRANT USAGE ON SCHEMA s TO bob
    bob> SELECT * FROM s.u
    root> REVOKE ALL ON ALL TABLES IN SCHEMA s FROM bob
    bob> SELECT * FROM s.u
    root> REVOKE USAGE ON SCHEMA public FROM PUBLIC
    root> CREATE TABLE t (a int)
    root> GRANT SELECT ON t TO bob
    bob> SELECT * FROM t
    bob> SELECT * FROM public.t`,

  'default privileges': `
    root> CREATE USER ada
    root> CREATE USER bob
    root> GRANT CREATE ON SCHEMA public TO ada
    ada> ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO bob
    ada> CREATE TABLE t (a int)
    bob> SELECT * FROM t
    bob> INSERT INTO t VALUES (1)
    ada> ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT INSERT ON TABLES TO bob
    ada> CREATE TABLE u (a int)
    bob> INSERT INTO u VALUES (1)
    bob> ALTER DEFAULT PRIVILEGES FOR ROLE ada GRANT SELECT ON TABLES TO bob
    ada> ALTER DEFAULT PRIVILEGES IN SCHEMA missing GRANT SELECT ON TABLES TO bob
    ada> ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SCHEMAS TO bob
    ada> ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON TABLES TO bob
    ada> ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO nobody
    ada> ALTER DEFAULT PRIVILEGES GRANT SELECT (a) ON TABLES TO bob
    ada> ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM bob
    ada> CREATE TABLE w (a int)
    bob> SELECT * FROM w
    bob> INSERT INTO w VALUES (1)
    root> DROP ROLE bob
    root> DROP OWNED BY bob
    root> DROP ROLE bob`,

  'locks, truncation and copies': `
    root> CREATE USER ada
    root> CREATE TABLE t (id int PRIMARY KEY, a int)
    root> CREATE TABLE u (id int PRIMARY KEY, a int)
    root> INSERT INTO t VALUES (1, 1)
    root> GRANT SELECT ON t TO ada
    ada> SELECT * FROM t FOR UPDATE
    ada> SELECT * FROM t FOR SHARE
    ada> BEGIN
    ada> LOCK TABLE t IN ACCESS SHARE MODE
    ada> LOCK TABLE t IN ROW SHARE MODE
    ada> ROLLBACK
    ada> BEGIN
    ada> LOCK TABLE t IN ROW EXCLUSIVE MODE
    ada> ROLLBACK
    ada> BEGIN
    ada> LOCK TABLE t
    ada> ROLLBACK
    root> GRANT UPDATE (a) ON t TO ada
    ada> SELECT * FROM t FOR UPDATE
    ada> SELECT id FROM t WHERE id = 1 FOR NO KEY UPDATE
    ada> BEGIN
    ada> LOCK TABLE t IN SHARE MODE
    ada> ROLLBACK
    root> GRANT INSERT ON t TO ada
    ada> BEGIN
    ada> LOCK TABLE t IN ROW EXCLUSIVE MODE
    ada> LOCK TABLE t IN SHARE MODE
    ada> ROLLBACK
    root> GRANT DELETE ON t TO ada
    ada> BEGIN
    ada> LOCK TABLE t IN ACCESS EXCLUSIVE MODE
    ada> LOCK TABLE missing
    ada> ROLLBACK
    ada> BEGIN
    ada> LOCK TABLE t, u IN ACCESS EXCLUSIVE MODE
    ada> ROLLBACK
    ada> TRUNCATE t
    root> GRANT TRUNCATE ON t TO ada
    ada> TRUNCATE t, u
    ada> TRUNCATE t
    ada> TRUNCATE missing
    ada> SELECT * FROM t JOIN u USING (id) FOR UPDATE
    root> GRANT SELECT ON u TO ada
    ada> SELECT * FROM t JOIN u USING (id) FOR UPDATE
    ada> COPY u FROM STDIN
    ada> COPY u TO STDOUT
    ada> COPY (SELECT a FROM u) TO STDOUT
    ada> COPY u (a) FROM STDIN
    ada> COPY missing TO STDOUT
    ada> INSERT INTO t SELECT id, a FROM u
    ada> INSERT INTO u SELECT id, a FROM t
    ada> INSERT INTO t SELECT * FROM t
    ada> INSERT INTO t DEFAULT VALUES
    ada> WITH x AS (SELECT * FROM u) SELECT * FROM x
    ada> SELECT a FROM t UNION ALL SELECT a FROM u
    root> REVOKE SELECT ON u FROM ada
    ada> SELECT a FROM t UNION ALL SELECT a FROM u
    ada> INSERT INTO t SELECT id, a FROM u
    ada> PREPARE p AS SELECT * FROM u
    ada> EXECUTE p
    root> GRANT SELECT ON u TO ada
    ada> EXECUTE p
    root> REVOKE SELECT ON u FROM ada
    ada> EXECUTE p
    ada> BEGIN
    ada> DECLARE c CURSOR FOR SELECT * FROM u
    ada> ROLLBACK`,

  'columns by other names': `
    root> CREATE USER ada
    root> CREATE TABLE t (id int PRIMARY KEY, a int, b int)
    root> CREATE TABLE u (id int PRIMARY KEY, a int, c int)
    root> INSERT INTO t VALUES (1, 2, 3)
    root> INSERT INTO u VALUES (1, 2, 4)
    root> GRANT SELECT (id, a) ON t TO ada
    root> GRANT SELECT (id, c) ON u TO ada
    ada> SELECT t.a, c FROM t JOIN u USING (id)
    ada> SELECT * FROM t JOIN u USING (id)
    ada> SELECT id FROM t NATURAL JOIN u
    ada> SELECT id FROM t JOIN u USING (id, a)
    ada> SELECT t.id FROM t CROSS JOIN u
    ada> SELECT t.id FROM t LEFT JOIN u ON t.a = u.a
    ada> SELECT q FROM t AS x (p, q, r)
    ada> SELECT r FROM t AS x (p, q, r)
    ada> SELECT p FROM t AS x (p, q, r) WHERE r > 0
    ada> SELECT j.a FROM (t JOIN (SELECT id, c FROM u) v USING (id)) AS j
    ada> SELECT j.b FROM (t JOIN (SELECT id, c FROM u) v USING (id)) AS j
    ada> SELECT x.* FROM t x
    ada> SELECT a, count(*) FROM t GROUP BY a
    ada> SELECT count(*) FROM t GROUP BY b
    ada> SELECT a FROM t GROUP BY a HAVING max(b) > 0
    ada> SELECT a FROM t GROUP BY 1 ORDER BY 1
    ada> SELECT DISTINCT a FROM t
    ada> SELECT CASE WHEN a > 0 THEN b END FROM t
    ada> SELECT a FROM t LIMIT 1 OFFSET 0
    ada> SELECT a AS b FROM t ORDER BY b
    ada> SELECT a AS x FROM t ORDER BY b
    ada> WITH w AS (SELECT id, a FROM t) SELECT * FROM w
    ada> WITH w AS (SELECT * FROM t) SELECT a FROM w
    ada> SELECT a FROM t UNION SELECT c FROM u
    ada> SELECT a FROM t UNION SELECT a FROM u
    ada> SELECT coalesce(b, a) FROM t
    ada> SELECT t.a FROM t, u WHERE t.id = u.id
    ada> SELECT t.a FROM t, u WHERE t.id = u.a
    ada> SELECT id FROM t WHERE (id, b) = (1, 3)
    ada> SELECT sum(a) FILTER (WHERE b > 0) FROM t
    ada> SELECT string_agg(a::text, ',' ORDER BY b) FROM t
    ada> SELECT row_to_json(t) FROM t
    ada> SELECT t IS NULL FROM t
    ada> SELECT ROW(t.*) FROM t
    ada> SELECT a FROM t WHERE t IS NOT NULL
    ada> PREPARE p AS SELECT a FROM t WHERE id = $1
    ada> EXECUTE p (1)
    root> REVOKE SELECT (a) ON t FROM ada
    ada> EXECUTE p (1)
    ada> SELECT count(*) FROM t
    root> REVOKE SELECT (id) ON t FROM ada
    ada> SELECT count(*) FROM t`,
}

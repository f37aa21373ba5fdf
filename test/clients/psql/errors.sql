-- Where an error is, what it says, what goes on after it.
SELECT nope;
SELECT 1
  + 2 + nope;
SELECT 'a long line, of which the end is cut off where it is wrong: ', 'more of it and more', nope, 'and the rest of it, which is long as well';
SELECT 'grün' || nope;
SELEC 1;
SELECT 1 FROM nowhere;
SELECT nope(1);
SELECT 'x'::int;
SELECT 1 WHERE 'a' + 1 = 2;
SELECT 1/0;
\errverbose
CREATE TABLE erring (k int PRIMARY KEY, v varchar(3) NOT NULL);
INSERT INTO erring VALUES (1, 'a'), (1, 'b');
\errverbose
INSERT INTO erring VALUES (1);
INSERT INTO erring VALUES (1, 'four');
INSERT INTO erring VALUES (1, 2, 3);
INSERT INTO erring (nope) VALUES (1);
INSERT INTO nowhere VALUES (1);
UPDATE erring SET nope = 1;
COPY nowhere TO STDOUT;
COPY nowhere FROM STDIN;
COPY erring (k, nope) TO STDOUT;
TRUNCATE nowhere;
EXECUTE nothing;
FETCH nothing;
SELECT * FROM erring WHERE k = 'x';
SELECT k FROM erring GROUP BY v;
SELECT * FROM erring ORDER BY 3;
SELECT 1 UNION SELECT 'x';
SELECT erring.nope, other.k FROM erring;
VALUES (1), (2, 3);
SELECT '2026-13-01'::date;
SELECT $1;
CREATE TABLE erring (k int);
CREATE TABLE erring2 (k int, k text);
CREATE TABLE erring2 (k nowhere);
SET nothing = 1;
SHOW nothing;
\set VERBOSITY verbose
SELECT nope;
\set VERBOSITY sqlstate
SELECT nope;
\set VERBOSITY terse
SELECT 1 + nope;
\set VERBOSITY default
SELECT 1; SELECT 1/0; SELECT 2;
SELECT 1 \; SELECT 1/0 \; SELECT 2;
\echo :ERROR :SQLSTATE :LAST_ERROR_MESSAGE
BEGIN;
SELECT 1/0;
SELECT 1;
COMMIT;
\set ON_ERROR_ROLLBACK on
BEGIN;
INSERT INTO erring VALUES (1, 'a');
INSERT INTO erring VALUES (1, 'b');
SELECT nope;
INSERT INTO erring VALUES (2, 'c');
COMMIT;
SELECT * FROM erring ORDER BY k;
\set ON_ERROR_ROLLBACK off
COMMIT;
BEGIN;
BEGIN;
ROLLBACK;
DROP TABLE IF EXISTS nowhere;
DROP TABLE nowhere;
\set ON_ERROR_STOP on
SELECT 1/0;
SELECT 'not reached';

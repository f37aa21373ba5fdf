-- FETCH_COUNT, and cursors by hand.
\set FETCH_COUNT 3
SELECT g, 'x' || g AS t FROM generate_series(1, 7) g;
SELECT g FROM generate_series(1, 3) g;
SELECT 1 AS nothing WHERE false;
BEGIN;
SELECT g FROM generate_series(1, 4) g;
COMMIT;
SELECT nope;
CREATE TABLE fetched (k int);
INSERT INTO fetched VALUES (7), (8) RETURNING *;
VALUES (1), (2), (3), (4);
SELECT g FROM generate_series(1, 5) g \gset
SELECT g FROM generate_series(1, 5) g \gx
\unset FETCH_COUNT
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT g FROM generate_series(1, 10) g;
FETCH 2 FROM c;
MOVE 3 IN c;
FETCH c;
FETCH BACKWARD 2 FROM c;
FETCH LAST c;
CLOSE c;
FETCH c;
ROLLBACK;
PREPARE plus AS SELECT $1::int + 1 AS v;
EXECUTE plus(1);
DEALLOCATE plus;
EXECUTE plus(1);

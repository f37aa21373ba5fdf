-- Types of results that are never run.
SELECT 1 AS a, 'x'::varchar(3) AS b, now() AS c, '{}'::int[] AS d, '1'::interval AS e, 1.5 AS f \gdesc
SELECT 'a'::char(3) AS g, true AS h, '{}'::jsonb AS i, 1.5::numeric(7,2) AS j, 1::smallint AS k \gdesc
SELECT 1/0 AS not_run \gdesc
SELECT $1::int, $2::text || 'x' AS t \gdesc
CREATE TABLE described (a int, b timestamp, c text[]);
SELECT * FROM described \gdesc
INSERT INTO described VALUES (1) RETURNING b, a \gdesc
INSERT INTO described VALUES (1) \gdesc
SELECT nope FROM described \gdesc
SELECT syntax error here \gdesc
SELECT \gdesc

-- \copy in and out: text, csv, lines inside of the script, files, errors with their line.
CREATE TABLE copied (k int PRIMARY KEY, v text, d numeric(8,2));
\copy copied FROM STDIN
1	a	1.5
2	b\tc	\N
\.
\copy copied (k, v) FROM STDIN WITH (FORMAT csv, HEADER)
k,v
3,"x, y"
4,
5,""
\.
SELECT * FROM copied ORDER BY k;
\copy (SELECT * FROM copied ORDER BY k) TO 'copied.csv' WITH (FORMAT csv, HEADER, FORCE_QUOTE (v))
\! cat copied.csv
TRUNCATE copied;
\copy copied FROM 'copied.csv' CSV HEADER
\copy (SELECT * FROM copied ORDER BY k) TO STDOUT
\copy (SELECT v, k FROM copied WHERE k < 3 ORDER BY k) TO 'copied.bin' WITH (FORMAT binary)
CREATE TABLE binary_copy (v text, k int);
\copy binary_copy FROM 'copied.bin' WITH (FORMAT binary)
SELECT * FROM binary_copy ORDER BY k;
\copy copied FROM STDIN
20	a	1.5
21	b	x
\.
\copy copied FROM STDIN
20	a
\.
\copy copied FROM STDIN
1	again	0
\.
\copy copied FROM 'no such file'
SELECT count(*) FROM copied;
COPY copied (k) FROM STDIN;
11
12
\.
COPY (SELECT k FROM copied WHERE k > 10 ORDER BY k) TO STDOUT \g copied.out
\! cat copied.out
COPY (SELECT 1 AS a) TO STDOUT; COPY (SELECT 2 AS a) TO STDOUT (FORMAT csv, HEADER);

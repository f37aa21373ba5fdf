-- psql --single-transaction
-- Goes on after the error, in a transaction that failed: nothing of it stays.
SELECT 1 AS first;
SELECT nope;
SELECT 'refused';

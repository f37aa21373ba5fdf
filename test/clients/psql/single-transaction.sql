-- psql --single-transaction -v ON_ERROR_STOP=1
-- Stops at the error and leaves nothing.
SELECT 1 AS first;
SELECT set_config('application_name', 'changed', false);
SELECT 1/0;
SELECT 'not reached';

/* libpq's pipeline mode: many queries before one answer is read, errors in the middle, several Syncs. */

#include "check.h"

static void send_query(PGconn *connection, const char *text)
{
  CHECK_NUMBER(PQsendQueryParams(connection, text, 0, NULL, NULL, NULL, NULL, 0), 1);
}

static void send_number(PGconn *connection, const char *text, int number)
{
  char value[16];
  const char *values[] = {value};
  snprintf(value, sizeof value, "%d", number);
  CHECK_NUMBER(PQsendQueryParams(connection, text, 1, NULL, values, NULL, NULL, 0), 1);
}

static void expect(PGconn *connection, ExecStatusType status)
{
  PQclear(NEXT(connection, status));
  NO_MORE(connection);
}

static void expect_value(PGconn *connection, const char *value)
{
  PGresult *result = NEXT(connection, PGRES_TUPLES_OK);
  CHECK_TEXT(PQgetvalue(result, 0, 0), value);
  PQclear(result);
  NO_MORE(connection);
}

static void expect_error(PGconn *connection, const char *code)
{
  PGresult *result = NEXT(connection, PGRES_FATAL_ERROR);
  CHECK_TEXT(sqlstate(result), code);
  PQclear(result);
  NO_MORE(connection);
}

static void sync_and_expect(PGconn *connection)
{
  PQclear(NEXT(connection, PGRES_PIPELINE_SYNC));
}

static void many_queries(PGconn *connection)
{
  char expected[16];
  for (int number = 0; number < 500; number++)
    send_number(connection, "SELECT $1::int * 2", number);
  CHECK_NUMBER(PQpipelineSync(connection), 1);
  for (int number = 0; number < 500; number++) {
    snprintf(expected, sizeof expected, "%d", number * 2);
    expect_value(connection, expected);
  }
  sync_and_expect(connection);
}

/* What follows the error is skipped up to the Sync; what came before it is rolled back with it. */
static void an_error_in_the_middle(PGconn *connection)
{
  send_query(connection, "INSERT INTO c_pipeline VALUES (1)");
  send_query(connection, "SELECT 1/0");
  send_query(connection, "INSERT INTO c_pipeline VALUES (2)");
  PQpipelineSync(connection);
  send_query(connection, "INSERT INTO c_pipeline VALUES (3) RETURNING k");
  PQpipelineSync(connection);
  send_query(connection, "SELECT string_agg(k::text, ',' ORDER BY k) FROM c_pipeline");
  PQpipelineSync(connection);
  expect(connection, PGRES_COMMAND_OK);
  expect_error(connection, "22012");
  CHECK_NUMBER(PQpipelineStatus(connection), PQ_PIPELINE_ABORTED);
  expect(connection, PGRES_PIPELINE_ABORTED);
  sync_and_expect(connection);
  CHECK_NUMBER(PQpipelineStatus(connection), PQ_PIPELINE_ON);
  expect_value(connection, "3");
  sync_and_expect(connection);
  expect_value(connection, "3");
  sync_and_expect(connection);
}

/* A transaction block over several Syncs, with an error that it does not survive. */
static void a_transaction(PGconn *connection)
{
  send_query(connection, "BEGIN");
  send_query(connection, "INSERT INTO c_pipeline VALUES (10)");
  PQpipelineSync(connection);
  send_query(connection, "INSERT INTO c_pipeline VALUES (10)");
  PQpipelineSync(connection);
  send_query(connection, "SELECT 1");
  PQpipelineSync(connection);
  send_query(connection, "COMMIT");
  PQpipelineSync(connection);
  expect(connection, PGRES_COMMAND_OK);
  expect(connection, PGRES_COMMAND_OK);
  sync_and_expect(connection);
  expect_error(connection, "23505");
  sync_and_expect(connection);
  expect_error(connection, "25P02");
  sync_and_expect(connection);
  PGresult *result = NEXT(connection, PGRES_COMMAND_OK);
  CHECK_TEXT(PQcmdStatus(result), "ROLLBACK");
  PQclear(result);
  NO_MORE(connection);
  sync_and_expect(connection);
}

static void prepared_statements(PGconn *connection)
{
  const char *values[] = {"4", "five"};
  CHECK_NUMBER(PQsendPrepare(connection, "c_prepared", "SELECT $1::int + 1, $2::text", 0, NULL), 1);
  CHECK_NUMBER(PQsendDescribePrepared(connection, "c_prepared"), 1);
  CHECK_NUMBER(PQsendQueryPrepared(connection, "c_prepared", 2, values, NULL, NULL, 0), 1);
  CHECK_NUMBER(PQsendPrepare(connection, "c_prepared", "SELECT 1", 0, NULL), 1);
  CHECK_NUMBER(PQsendQueryPrepared(connection, "c_prepared", 2, values, NULL, NULL, 0), 1);
  PQpipelineSync(connection);
  expect(connection, PGRES_COMMAND_OK);
  PGresult *result = NEXT(connection, PGRES_COMMAND_OK);
  CHECK_NUMBER(PQnparams(result), 2);
  CHECK_NUMBER(PQnfields(result), 2);
  PQclear(result);
  NO_MORE(connection);
  expect_value(connection, "5");
  expect_error(connection, "42P05");
  expect(connection, PGRES_PIPELINE_ABORTED);
  sync_and_expect(connection);
}

/* Results before the Sync, asked for by Flush. */
static void a_flush_request(PGconn *connection)
{
  send_query(connection, "SELECT 'early'");
  CHECK_NUMBER(PQsendFlushRequest(connection), 1);
  CHECK_NUMBER(PQflush(connection), 0);
  expect_value(connection, "early");
  send_query(connection, "SELECT 'late'");
  PQpipelineSync(connection);
  expect_value(connection, "late");
  sync_and_expect(connection);
}

/* Row by row in a pipeline; the error of the last row comes after the rows before it. */
static void single_rows(PGconn *connection)
{
  send_query(connection, "SELECT g FROM generate_series(1, 3) g");
  send_query(connection, "SELECT 'whole'");
  PQpipelineSync(connection);
  CHECK_NUMBER(PQsetSingleRowMode(connection), 1);
  for (int row = 1; row <= 3; row++) {
    PGresult *result = NEXT(connection, PGRES_SINGLE_TUPLE);
    CHECK_NUMBER(atoi(PQgetvalue(result, 0, 0)), row);
    PQclear(result);
  }
  expect(connection, PGRES_TUPLES_OK);
  expect_value(connection, "whole");
  sync_and_expect(connection);
}

static void empty_queries_and_notices(PGconn *connection)
{
  send_query(connection, "");
  PQpipelineSync(connection);
  PQpipelineSync(connection);
  expect(connection, PGRES_EMPTY_QUERY);
  sync_and_expect(connection);
  sync_and_expect(connection);
}

int main(void)
{
  PGconn *connection = connect_to_server();
  make_table(connection, "c_pipeline", "k int PRIMARY KEY");
  CHECK_NUMBER(PQenterPipelineMode(connection), 1);
  many_queries(connection);
  an_error_in_the_middle(connection);
  a_transaction(connection);
  prepared_statements(connection);
  a_flush_request(connection);
  single_rows(connection);
  empty_queries_and_notices(connection);
  CHECK_NUMBER(PQexitPipelineMode(connection), 1);
  EXECUTE(connection, "SELECT 1", PGRES_TUPLES_OK);
  PQfinish(connection);
  return 0;
}

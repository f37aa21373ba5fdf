/* COPY through libpq: in and out, text and binary, ended by the client, and failing. */

#include "check.h"

static void put(PGconn *connection, const char *bytes, int length)
{
  CHECK_NUMBER(PQputCopyData(connection, bytes, length), 1);
}

static PGresult *end_copy(PGconn *connection, const char *error)
{
  CHECK_NUMBER(PQputCopyEnd(connection, error), 1);
  PGresult *result = PQgetResult(connection);
  NO_MORE(connection);
  return result;
}

static void count_is(PGconn *connection, const char *expected)
{
  PGresult *result = execute(connection, "SELECT count(*) FROM c_copy", PGRES_TUPLES_OK, __FILE__, __LINE__);
  CHECK_TEXT(PQgetvalue(result, 0, 0), expected);
  PQclear(result);
}

/* Lines that are cut anywhere. */
static void text_in(PGconn *connection)
{
  EXECUTE(connection, "COPY c_copy FROM STDIN", PGRES_COPY_IN);
  for (int number = 0; number < 10000; number++) {
    char line[64];
    int length = snprintf(line, sizeof line, "%d\ttext %d\n", number, number);
    put(connection, line, length / 2);
    put(connection, line + length / 2, length - length / 2);
  }
  PGresult *result = end_copy(connection, NULL);
  CHECK_TEXT(PQcmdStatus(result), "COPY 10000");
  PQclear(result);
  count_is(connection, "10000");
}

static void binary_in(PGconn *connection)
{
  EXECUTE(connection, "TRUNCATE c_copy", PGRES_COMMAND_OK);
  EXECUTE(connection, "COPY c_copy FROM STDIN (FORMAT binary)", PGRES_COPY_IN);
  put(connection, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
  put(connection, "\0\2\0\0\0\4\0\0\0\7\0\0\0\2hi", 16);
  put(connection, "\0\2\0\0\0\4\377\377\377\377\377\377\377\377", 14);
  put(connection, "\377\377", 2);
  PGresult *result = end_copy(connection, NULL);
  CHECK_TEXT(PQcmdStatus(result), "COPY 2");
  PQclear(result);
  count_is(connection, "2");
}

static void out(PGconn *connection)
{
  char *row;
  EXECUTE(connection, "COPY (SELECT * FROM c_copy ORDER BY a) TO STDOUT", PGRES_COPY_OUT);
  CHECK_NUMBER(PQgetCopyData(connection, &row, 0), 6);
  CHECK_TEXT(row, "-1\t\\N\n");
  PQfreemem(row);
  CHECK_NUMBER(PQgetCopyData(connection, &row, 0), 5);
  CHECK_TEXT(row, "7\thi\n");
  PQfreemem(row);
  CHECK_NUMBER(PQgetCopyData(connection, &row, 0), -1);
  PGresult *result = NEXT(connection, PGRES_COMMAND_OK);
  CHECK_TEXT(PQcmdStatus(result), "COPY 2");
  PQclear(result);
  NO_MORE(connection);
}

/* The columns of a binary COPY are binary, the header comes with the first row. */
static void binary_out(PGconn *connection)
{
  char *row;
  PGresult *started = PQexec(connection, "COPY (SELECT 7::int, 'hi'::text) TO STDOUT BINARY");
  CHECK_NUMBER(PQresultStatus(started), PGRES_COPY_OUT);
  CHECK_NUMBER(PQbinaryTuples(started), 1);
  CHECK_NUMBER(PQnfields(started), 2);
  CHECK_NUMBER(PQfformat(started, 1), 1);
  PQclear(started);
  CHECK_NUMBER(PQgetCopyData(connection, &row, 0), 35);
  CHECK(memcmp(row + 19, "\0\2\0\0\0\4\0\0\0\7\0\0\0\2hi", 16) == 0);
  PQfreemem(row);
  CHECK_NUMBER(PQgetCopyData(connection, &row, 0), 2);
  PQfreemem(row);
  CHECK_NUMBER(PQgetCopyData(connection, &row, 0), -1);
  PQclear(NEXT(connection, PGRES_COMMAND_OK));
  NO_MORE(connection);
}

static void failures(PGconn *connection)
{
  EXECUTE(connection, "COPY c_copy FROM STDIN", PGRES_COPY_IN);
  put(connection, "1\tx\n", 4);
  PGresult *result = end_copy(connection, "no more");
  CHECK_TEXT(sqlstate(result), "57014");
  CHECK_TEXT(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY), "COPY from stdin failed: no more");
  PQclear(result);
  EXECUTE(connection, "COPY c_copy FROM STDIN (FORMAT csv)", PGRES_COPY_IN);
  put(connection, "1,x\n2,y,z\n", 10);
  result = end_copy(connection, NULL);
  CHECK_TEXT(sqlstate(result), "22P04");
  CHECK_TEXT(PQresultErrorField(result, PG_DIAG_CONTEXT), "COPY c_copy, line 2: \"2,y,z\"");
  PQclear(result);
  count_is(connection, "2");
  EXECUTE(connection, "COPY c_copy FROM STDIN WITH (FORMAT nothing)", PGRES_FATAL_ERROR);
  CHECK_NUMBER(PQtransactionStatus(connection), PQTRANS_IDLE);
}

/* A row that fails while rows go out. */
static void a_query_that_fails(PGconn *connection)
{
  char *row;
  EXECUTE(connection, "COPY (SELECT 1/(50000-g) FROM generate_series(1, 60000) g) TO STDOUT", PGRES_COPY_OUT);
  int length;
  while ((length = PQgetCopyData(connection, &row, 0)) > 0)
    PQfreemem(row);
  CHECK_NUMBER(length, -1);
  PGresult *result = NEXT(connection, PGRES_FATAL_ERROR);
  CHECK_TEXT(sqlstate(result), "22012");
  PQclear(result);
  NO_MORE(connection);
}

/* The extended protocol can COPY too. */
static void by_parameters(PGconn *connection)
{
  PGresult *result = PQexecParams(connection, "COPY c_copy FROM STDIN", 0, NULL, NULL, NULL, NULL, 0);
  CHECK_NUMBER(PQresultStatus(result), PGRES_COPY_IN);
  PQclear(result);
  put(connection, "8\t\n", 3);
  result = end_copy(connection, NULL);
  CHECK_TEXT(PQcmdStatus(result), "COPY 1");
  PQclear(result);
  count_is(connection, "3");
}

int main(void)
{
  PGconn *connection = connect_to_server();
  make_table(connection, "c_copy", "a int, b text");
  text_in(connection);
  binary_in(connection);
  out(connection);
  binary_out(connection);
  failures(connection);
  a_query_that_fails(connection);
  by_parameters(connection);
  PQfinish(connection);
  return 0;
}

/* What the programs share: a connection from the environment, and checks that end the program. */

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

#define CHECK(condition) check(condition, #condition, "", "", __FILE__, __LINE__)
#define CHECK_TEXT(actual, expected) check_text(actual, expected, #actual, __FILE__, __LINE__)
#define CHECK_NUMBER(actual, expected) check_number(actual, expected, #actual, __FILE__, __LINE__)
/* The next result of a connection has this status; it is returned, and freed with PQclear. */
#define NEXT(connection, status) next(connection, status, __FILE__, __LINE__)
#define NO_MORE(connection) CHECK(PQgetResult(connection) == NULL)
#define EXECUTE(connection, text, status) PQclear(execute(connection, text, status, __FILE__, __LINE__))

static void check(int holds, const char *what, const char *actual, const char *expected, const char *file,
                  int line)
{
  if (holds)
    return;
  fprintf(stderr, "%s:%d: %s\n  actual:   %s\n  expected: %s\n", file, line, what, actual, expected);
  exit(1);
}

static void check_text(const char *actual, const char *expected, const char *what, const char *file, int line)
{
  check(actual != NULL && strcmp(actual, expected) == 0, what, actual == NULL ? "NULL" : actual, expected,
        file, line);
}

static inline void check_number(long actual, long expected, const char *what, const char *file, int line)
{
  char left[32], right[32];
  snprintf(left, sizeof left, "%ld", actual);
  snprintf(right, sizeof right, "%ld", expected);
  check_text(left, right, what, file, line);
}

static void check_status(PGresult *result, ExecStatusType status, const char *file, int line)
{
  check_text(PQresStatus(PQresultStatus(result)), PQresStatus(status),
             result == NULL ? "no result" : PQresultErrorMessage(result), file, line);
}

static PGresult *next(PGconn *connection, ExecStatusType status, const char *file, int line)
{
  PGresult *result = PQgetResult(connection);
  check_status(result, status, file, line);
  return result;
}

static inline PGresult *execute(PGconn *connection, const char *text, ExecStatusType status, const char *file,
                                int line)
{
  PGresult *result = PQexec(connection, text);
  check_status(result, status, file, line);
  return result;
}

static PGconn *connect_to_server(void)
{
  PGconn *connection = PQconnectdb("");
  if (PQstatus(connection) != CONNECTION_OK) {
    fprintf(stderr, "%s", PQerrorMessage(connection));
    exit(1);
  }
  return connection;
}

static inline const char *sqlstate(const PGresult *result)
{
  return PQresultErrorField(result, PG_DIAG_SQLSTATE);
}

/* A table of this name, made anew. */
static inline void make_table(PGconn *connection, const char *name, const char *columns)
{
  char text[200];
  snprintf(text, sizeof text, "DROP TABLE IF EXISTS %s", name);
  EXECUTE(connection, text, PGRES_COMMAND_OK);
  snprintf(text, sizeof text, "CREATE TABLE %s (%s)", name, columns);
  EXECUTE(connection, text, PGRES_COMMAND_OK);
}

static inline int int4_at(const PGresult *result, int row, int column)
{
  int value;
  memcpy(&value, PQgetvalue(result, row, column), sizeof value);
  return (int)ntohl((uint32_t)value);
}

/* Prepared statements, descriptions, binary values, rows one by one, cancelling, notifications. */

#include "check.h"

static void describes_statements(PGconn *connection)
{
  Oid types[] = {0, 20, 0};
  PQclear(PQprepare(connection, "c_described",
                    "SELECT id, name, price FROM c_item WHERE id = $1 AND price > $3 AND id < $2", 3, types));
  PGresult *result = PQdescribePrepared(connection, "c_described");
  CHECK_NUMBER(PQresultStatus(result), PGRES_COMMAND_OK);
  CHECK_NUMBER(PQnparams(result), 3);
  CHECK_NUMBER(PQparamtype(result, 0), 23);
  CHECK_NUMBER(PQparamtype(result, 1), 20);
  CHECK_NUMBER(PQparamtype(result, 2), 1700);
  CHECK_NUMBER(PQnfields(result), 3);
  CHECK_TEXT(PQfname(result, 1), "name");
  CHECK_NUMBER(PQftype(result, 1), 1043);
  CHECK_NUMBER(PQfmod(result, 1), 14);
  CHECK_NUMBER(PQfmod(result, 2), ((8 << 16) | 2) + 4);
  CHECK_NUMBER(PQftablecol(result, 2), 3);
  CHECK(PQftable(result, 2) != 0);
  PQclear(result);
  result = PQdescribePrepared(connection, "nothing");
  CHECK_TEXT(sqlstate(result), "26000");
  PQclear(result);
  EXECUTE(connection, "DEALLOCATE c_described", PGRES_COMMAND_OK);
}

static void describes_portals(PGconn *connection)
{
  EXECUTE(connection, "BEGIN; DECLARE c_cursor CURSOR FOR SELECT id, name FROM c_item", PGRES_COMMAND_OK);
  PGresult *result = PQdescribePortal(connection, "c_cursor");
  CHECK_NUMBER(PQresultStatus(result), PGRES_COMMAND_OK);
  CHECK_NUMBER(PQnfields(result), 2);
  CHECK_TEXT(PQfname(result, 0), "id");
  PQclear(result);
  EXECUTE(connection, "COMMIT", PGRES_COMMAND_OK);
  result = PQdescribePortal(connection, "c_cursor");
  CHECK_TEXT(sqlstate(result), "34000");
  PQclear(result);
}

static void binary_values(PGconn *connection)
{
  uint32_t number[] = {htonl(40000), 0};
  const char *values[] = {(const char *)number, "\x00\xff", NULL, "2.50"};
  int lengths[] = {sizeof number[0], 2, 0, 0};
  int formats[] = {1, 1, 0, 0};
  Oid types[] = {23, 17, 25, 1700};
  const char *text = "SELECT $1 + 1, $2, $3, $4 * 2, ARRAY[1, NULL]";
  PGresult *result = PQexecParams(connection, text, 4, types, values, lengths, formats, 1);
  CHECK_TEXT(PQresStatus(PQresultStatus(result)), "PGRES_TUPLES_OK");
  CHECK_NUMBER(PQfformat(result, 0), 1);
  CHECK_NUMBER(int4_at(result, 0, 0), 40001);
  CHECK_NUMBER(PQgetlength(result, 0, 1), 2);
  CHECK(memcmp(PQgetvalue(result, 0, 1), "\x00\xff", 2) == 0);
  CHECK(PQgetisnull(result, 0, 2));
  /* 5.00: two digit groups at most, weight 0, positive, scale 2. */
  CHECK(memcmp(PQgetvalue(result, 0, 3), "\0\1\0\0\0\0\0\2\0\5", 10) == 0);
  const char array[] = "\0\0\0\1\0\0\0\1\0\0\0\x17\0\0\0\2\0\0\0\1\0\0\0\4\0\0\0\1\xff\xff\xff\xff";
  CHECK_NUMBER(PQgetlength(result, 0, 4), sizeof array - 1);
  CHECK(memcmp(PQgetvalue(result, 0, 4), array, sizeof array - 1) == 0);
  PQclear(result);
  lengths[0] = sizeof number;
  result = PQexecParams(connection, "SELECT $1::int", 1, types, values, lengths, formats, 1);
  CHECK_TEXT(sqlstate(result), "22P03");
  PQclear(result);
}

static void rows_one_by_one(PGconn *connection)
{
  CHECK_NUMBER(PQsendQuery(connection, "SELECT g, repeat('x', 100) FROM generate_series(1, 20000) g"), 1);
  CHECK_NUMBER(PQsetSingleRowMode(connection), 1);
  long sum = 0;
  PGresult *result;
  while ((result = PQgetResult(connection)) != NULL && PQresultStatus(result) == PGRES_SINGLE_TUPLE) {
    sum += atol(PQgetvalue(result, 0, 0));
    PQclear(result);
  }
  CHECK_NUMBER(PQresultStatus(result), PGRES_TUPLES_OK);
  CHECK_TEXT(PQcmdTuples(result), "20000");
  PQclear(result);
  NO_MORE(connection);
  CHECK_NUMBER(sum, 20000L * 20001 / 2);
}

static void several_statements(PGconn *connection)
{
  const char *text = "SELECT 1; INSERT INTO c_item VALUES (1, 'a', 1); SELECT 1/0; SELECT 2";
  CHECK_NUMBER(PQsendQuery(connection, text), 1);
  PQclear(NEXT(connection, PGRES_TUPLES_OK));
  PQclear(NEXT(connection, PGRES_COMMAND_OK));
  PGresult *result = NEXT(connection, PGRES_FATAL_ERROR);
  CHECK_TEXT(sqlstate(result), "22012");
  PQclear(result);
  NO_MORE(connection);
  CHECK_NUMBER(PQtransactionStatus(connection), PQTRANS_IDLE);
  result = execute(connection, "SELECT count(*) FROM c_item", PGRES_TUPLES_OK, __FILE__, __LINE__);
  CHECK_TEXT(PQgetvalue(result, 0, 0), "0");
  PQclear(result);
}

static void cancels(PGconn *connection)
{
  char message[256];
  CHECK_NUMBER(PQsendQuery(connection, "SELECT count(*) FROM generate_series(1, 2000000000)"), 1);
  CHECK_NUMBER(PQflush(connection), 0);
  PGcancel *cancel = PQgetCancel(connection);
  PGresult *result = NULL;
  /* The first request may come before the query. */
  do {
    CHECK_NUMBER(PQcancel(cancel, message, sizeof message), 1);
    struct timeval pause = {.tv_usec = 50000};
    select(0, NULL, NULL, NULL, &pause);
    CHECK_NUMBER(PQconsumeInput(connection), 1);
  } while (PQisBusy(connection));
  PQfreeCancel(cancel);
  result = NEXT(connection, PGRES_FATAL_ERROR);
  CHECK_TEXT(sqlstate(result), "57014");
  PQclear(result);
  NO_MORE(connection);
  /* One that was late finds nothing to cancel; one that was just in time ends this, harmlessly. */
  PQclear(PQexec(connection, "SELECT 1"));
  EXECUTE(connection, "SELECT 1", PGRES_TUPLES_OK);
}

static void notifications(PGconn *connection)
{
  EXECUTE(connection, "LISTEN c_channel", PGRES_COMMAND_OK);
  EXECUTE(connection, "NOTIFY c_channel, 'to myself'", PGRES_COMMAND_OK);
  PGnotify *notification = PQnotifies(connection);
  CHECK(notification != NULL);
  CHECK_TEXT(notification->relname, "c_channel");
  CHECK_TEXT(notification->extra, "to myself");
  CHECK_NUMBER(notification->be_pid, PQbackendPID(connection));
  PQfreemem(notification);
}

static void starts_over(PGconn *connection)
{
  EXECUTE(connection, "SET TimeZone = 'Asia/Tokyo'", PGRES_COMMAND_OK);
  CHECK_TEXT(PQparameterStatus(connection, "TimeZone"), "Asia/Tokyo");
  PQreset(connection);
  CHECK_NUMBER(PQstatus(connection), CONNECTION_OK);
  CHECK(strcmp(PQparameterStatus(connection, "TimeZone"), "Asia/Tokyo") != 0);
  CHECK_NUMBER(PQping(""), PQPING_OK);
}

int main(void)
{
  PGconn *connection = connect_to_server();
  make_table(connection, "c_item", "id int PRIMARY KEY, name varchar(10), price numeric(8,2)");
  describes_statements(connection);
  describes_portals(connection);
  binary_values(connection);
  rows_one_by_one(connection);
  several_statements(connection);
  cancels(connection);
  notifications(connection);
  starts_over(connection);
  PQfinish(connection);
  return 0;
}

"""psycopg2: the simple protocol, quoting by the client, BEGIN before the first statement."""

import io
import select
import threading
import unittest
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal

import psycopg2
import psycopg2.extras
import psycopg2.pool
from psycopg2 import errors
from psycopg2.extensions import (
    ISOLATION_LEVEL_REPEATABLE_READ,
    TRANSACTION_STATUS_IDLE,
    TRANSACTION_STATUS_INERROR,
    TRANSACTION_STATUS_INTRANS,
)


class Psycopg2Test(unittest.TestCase):
    """The connection comes from PGHOST, PGPORT, PGUSER and PGDATABASE."""

    def setUp(self):
        self.connection = psycopg2.connect("")
        self.addCleanup(self.connection.close)

    def query(self, text, *parameters):
        with self.connection.cursor() as cursor:
            cursor.execute(text, parameters or None)
            return cursor.fetchall() if cursor.description else cursor.rowcount

    def table(self, name, columns):
        self.connection.autocommit = True
        self.query(f"DROP TABLE IF EXISTS {name}")
        self.query(f"CREATE TABLE {name} ({columns})")
        self.connection.autocommit = False

    def test_values(self):
        values = (
            1, 2**40, 1.5, Decimal("12345678901234567890.123"), "it's \\ grün %", True, None,
            date(2026, 5, 6), datetime(2026, 5, 6, 7, 8, 9, 123456), time(7, 8, 9),
            timedelta(days=1, seconds=2), [1, None, 3], ["a", 'b"c', "d,e"],
        )
        text = ("SELECT %s::int, %s::int8, %s::float8, %s::numeric, %s::text, %s::bool, %s::text, %s::date, "
                "%s::timestamp, %s::time, %s::interval, %s::int[], %s::text[]")
        self.assertEqual(self.query(text, *values), [values])

    def test_bytes_json_and_uuid(self):
        data = bytes(range(256))
        [(out,)] = self.query("SELECT %s::bytea", psycopg2.Binary(data))
        self.assertEqual(bytes(out), data)
        document = {"a": [1, None, {"b": "ü"}]}
        self.assertEqual(self.query("SELECT %s::jsonb", psycopg2.extras.Json(document)), [(document,)])
        psycopg2.extras.register_uuid(conn_or_curs=self.connection)
        [(value,)] = self.query("SELECT '12345678-1234-5678-1234-567812345678'::uuid")
        self.assertEqual(str(value), "12345678-1234-5678-1234-567812345678")

    def test_timestamptz_has_the_sessions_zone(self):
        self.query("SET TimeZone = 'Europe/Berlin'")
        [(value,)] = self.query("SELECT '2026-01-02 03:04:05+00'::timestamptz")
        self.assertEqual(value, datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc))
        self.assertEqual(value.utcoffset(), timedelta(hours=1))

    def test_description(self):
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT 1 AS n, 'x'::varchar(9) AS v, 1.5::numeric(7,2) AS d")
            described = [(c.name, c.type_code, c.precision, c.scale) for c in cursor.description]
        self.assertEqual(described, [("n", 23, None, None), ("v", 1043, None, None), ("d", 1700, 7, 2)])

    def test_rows_as_dictionaries(self):
        with self.connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute("SELECT 1 AS a, 2 AS b")
            self.assertEqual(cursor.fetchone(), {"a": 1, "b": 2})

    def test_transactions(self):
        self.table("psycopg2_tx", "k int PRIMARY KEY")
        with self.connection:
            self.query("INSERT INTO psycopg2_tx VALUES (1), (2)")
            self.assertEqual(self.connection.info.transaction_status, TRANSACTION_STATUS_INTRANS)
        self.assertEqual(self.connection.info.transaction_status, TRANSACTION_STATUS_IDLE)
        with self.assertRaises(errors.DivisionByZero):
            with self.connection:
                self.query("INSERT INTO psycopg2_tx VALUES (3)")
                self.query("SELECT 1/0")
        self.assertEqual(self.query("SELECT k FROM psycopg2_tx ORDER BY k"), [(1,), (2,)])
        self.connection.rollback()

    def test_a_failed_transaction_and_savepoints(self):
        self.query("SELECT 1")
        with self.assertRaises(errors.UndefinedTable):
            self.query("SELECT * FROM nowhere")
        self.assertEqual(self.connection.info.transaction_status, TRANSACTION_STATUS_INERROR)
        with self.assertRaises(errors.InFailedSqlTransaction):
            self.query("SELECT 1")
        self.connection.rollback()
        self.query("SAVEPOINT a")
        with self.assertRaises(errors.UndefinedColumn):
            self.query("SELECT nope")
        self.query("ROLLBACK TO SAVEPOINT a")
        self.assertEqual(self.query("SELECT 1"), [(1,)])

    def test_sessions(self):
        self.connection.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
        self.assertEqual(self.query("SHOW transaction_isolation"), [("repeatable read",)])
        self.connection.rollback()
        self.table_is_refused()
        self.connection.set_session(isolation_level="DEFAULT", readonly=False, autocommit=True)
        self.query("SELECT 1")
        self.assertEqual(self.connection.info.transaction_status, TRANSACTION_STATUS_IDLE)

    def table_is_refused(self):
        with self.assertRaises(errors.ReadOnlySqlTransaction):
            self.query("CREATE TABLE psycopg2_never (a int)")
        self.connection.rollback()

    def test_executemany_and_execute_values(self):
        self.table("psycopg2_many", "a int, b text")
        with self.connection, self.connection.cursor() as cursor:
            cursor.executemany("INSERT INTO psycopg2_many VALUES (%s, %s)", [(1, "x"), (2, None)])
            psycopg2.extras.execute_values(
                cursor, "INSERT INTO psycopg2_many VALUES %s", [(n, str(n)) for n in range(3, 300)])
            psycopg2.extras.execute_batch(
                cursor, "UPDATE psycopg2_many SET b = %s WHERE a = %s", [("y", 1), ("z", 2)])
        rows = self.query("SELECT count(*), max(a) FROM psycopg2_many")
        self.assertEqual(rows, [(299, 299)])
        self.assertEqual(self.query("SELECT b FROM psycopg2_many WHERE a < 3 ORDER BY a"), [("y",), ("z",)])

    def test_a_named_cursor(self):
        with self.connection.cursor("big") as cursor:
            cursor.itersize = 1000
            cursor.execute("SELECT g FROM generate_series(1, %s) g", (5500,))
            self.assertEqual(cursor.fetchone(), (1,))
            self.assertEqual(cursor.fetchmany(2), [(2,), (3,)])
            self.assertEqual(sum(row[0] for row in cursor), sum(range(4, 5501)))

    def test_a_scrolling_cursor_with_hold(self):
        cursor = self.connection.cursor("scrolling", scrollable=True, withhold=True)
        cursor.execute("SELECT g FROM generate_series(1, 10) g")
        self.connection.commit()
        cursor.scroll(5)
        self.assertEqual(cursor.fetchone(), (6,))
        cursor.scroll(-3)
        self.assertEqual(cursor.fetchone(), (4,))
        cursor.scroll(10, mode="absolute")
        self.assertEqual(cursor.fetchall(), [])
        cursor.close()

    def test_copy_in_and_out(self):
        self.table("psycopg2_copy", "a int, b text, c numeric")
        rows = "".join(f"{n}\ttext {n}\t{n}.5\n" for n in range(20_000))
        with self.connection, self.connection.cursor() as cursor:
            cursor.copy_expert("COPY psycopg2_copy FROM STDIN", io.StringIO(rows), size=777)
            self.assertEqual(cursor.rowcount, 20_000)
            cursor.copy_from(io.StringIO("7|x|\n"), "psycopg2_copy", sep="|", null="")
            out = io.StringIO()
            query = "SELECT * FROM psycopg2_copy WHERE a = 7 ORDER BY b DESC"
            cursor.copy_expert(f"COPY ({query}) TO STDOUT CSV HEADER", out)
        self.assertEqual(out.getvalue(), "a,b,c\n7,x,\n7,text 7,7.5\n")

    def test_an_error_in_copy(self):
        self.table("psycopg2_bad", "a int, b text")
        cursor = self.connection.cursor()
        with self.assertRaises(errors.InvalidTextRepresentation) as caught:
            cursor.copy_expert("COPY psycopg2_bad FROM STDIN", io.StringIO("1\tx\ny\tz\n"))
        self.assertEqual(caught.exception.diag.context, 'COPY psycopg2_bad, line 2, column a: "y"')
        self.connection.rollback()
        self.assertEqual(self.query("SELECT count(*) FROM psycopg2_bad"), [(0,)])

    def test_a_reader_that_fails_in_copy(self):
        class Broken(io.StringIO):
            def read(self, size=-1):
                raise RuntimeError("disk gone")

        self.table("psycopg2_broken", "a int")
        with self.connection.cursor() as cursor, self.assertRaises(errors.QueryCanceled) as caught:
            cursor.copy_expert("COPY psycopg2_broken FROM STDIN", Broken())
        self.assertIn("COPY from stdin failed: error in .read() call: RuntimeError disk gone",
                      str(caught.exception))
        self.connection.rollback()
        self.assertEqual(self.query("SELECT 1"), [(1,)])

    def test_error_fields(self):
        self.table("psycopg2_unique", "k int PRIMARY KEY")
        self.connection.autocommit = True
        self.query("INSERT INTO psycopg2_unique VALUES (1)")
        with self.assertRaises(errors.UniqueViolation) as caught:
            self.query("INSERT INTO psycopg2_unique VALUES (1)")
        diag = caught.exception.diag
        self.assertEqual(
            (diag.severity, diag.sqlstate, diag.message_detail, diag.schema_name, diag.table_name,
             diag.constraint_name),
            ("ERROR", "23505", "Key (k)=(1) already exists.", "public", "psycopg2_unique",
             "psycopg2_unique_pkey"))
        with self.assertRaises(errors.UndefinedColumn) as caught:
            self.query("SELECT 1 + nope")
        self.assertEqual(caught.exception.diag.statement_position, "12")

    def test_cancel(self):
        timer = threading.Timer(0.2, self.connection.cancel)
        timer.start()
        with self.assertRaises(errors.QueryCanceled):
            self.query("SELECT count(*) FROM generate_series(1, 2000000000)")
        timer.join()
        self.connection.rollback()
        self.assertEqual(self.query("SELECT 1"), [(1,)])

    def test_notifications_and_notices(self):
        self.connection.autocommit = True
        self.query("LISTEN psycopg2_channel")
        self.query("SELECT pg_notify('psycopg2_channel', 'one')")
        self.query("NOTIFY psycopg2_channel, 'two'")
        while len(self.connection.notifies) < 2:
            self.assertTrue(select.select([self.connection], [], [], 10)[0], "no notification came")
            self.connection.poll()
        self.assertEqual([n.payload for n in self.connection.notifies], ["one", "two"])
        self.query("DROP TABLE IF EXISTS psycopg2_nothing")
        self.assertEqual(self.connection.notices,
                         ['NOTICE:  table "psycopg2_nothing" does not exist, skipping\n'])

    def test_parameters_of_the_connection(self):
        info = self.connection.info
        self.assertEqual(info.parameter_status("server_encoding"), "UTF8")
        self.assertEqual(self.connection.server_version // 10000, 15)
        self.assertEqual(self.connection.encoding, "UTF8")
        self.connection.set_client_encoding("UTF8")
        self.connection.reset()

    def test_a_pool(self):
        pool = psycopg2.pool.ThreadedConnectionPool(1, 4, "")
        seen = []

        def work(number):
            connection = pool.getconn()
            with connection.cursor() as cursor:
                cursor.execute("SELECT %s * 2", (number,))
                seen.append(cursor.fetchone()[0])
            pool.putconn(connection)

        for start in range(0, 12, 4):
            threads = [threading.Thread(target=work, args=(start + n,)) for n in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        pool.closeall()
        self.assertEqual(sorted(seen), [2 * n for n in range(12)])


if __name__ == "__main__":
    unittest.main()

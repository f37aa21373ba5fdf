"""psycopg 3: the extended protocol, text and binary, pipelines, COPY, statements prepared after five uses."""

import asyncio
import threading
import unittest
from datetime import date, datetime, timedelta, timezone
from datetime import time as time_of_day
from decimal import Decimal
from uuid import UUID

import psycopg
from psycopg import errors, sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

VALUES = {
    "bool": True,
    "int2": -5,
    "int4": 70_000,
    "int8": -(2**40),
    "float4": 1.5,
    "float8": -2.25e100,
    "numeric": Decimal("-12345678901234567890.1230"),
    "text": "it's \\ grün",
    "varchar": "v",
    "bytea": bytes(range(256)),
    "date": date(2026, 5, 6),
    "time": time_of_day(7, 8, 9, 123456),
    "timestamp": datetime(2026, 5, 6, 7, 8, 9, 123456),
    "timestamptz": datetime(2026, 5, 6, 7, 8, 9, tzinfo=timezone.utc),
    "interval": timedelta(days=-3, seconds=5, microseconds=6),
    "uuid": UUID("12345678-1234-5678-1234-567812345678"),
    "int4[]": [1, None, -3],
    "text[]": ["a", 'b"c', None, "d,e", ""],
    "int8[]": [[1, 2], [3, 4]],
    "numeric[]": [Decimal("1.50"), None],
    "timestamptz[]": [datetime(2026, 5, 6, tzinfo=timezone.utc)],
    "bool[]": [],
}


class Psycopg3Test(unittest.TestCase):
    """The connection comes from PGHOST, PGPORT, PGUSER and PGDATABASE."""

    def setUp(self):
        self.connection = psycopg.connect("", autocommit=True)
        self.addCleanup(self.connection.close)

    def query(self, text, *parameters, **options):
        return self.connection.execute(text, parameters or None, **options).fetchall()

    def table(self, name, columns):
        self.connection.execute(f"DROP TABLE IF EXISTS {name}")
        self.connection.execute(f"CREATE TABLE {name} ({columns})")

    def test_values_in_text_and_binary(self):
        for kind, value in VALUES.items():
            for parameter in "t", "b":
                for binary in False, True:
                    with self.subTest(type=kind, parameter=parameter, binary=binary):
                        # Without an OID, so that the cast decides, as with an untyped literal.
                        text = f"SELECT %{parameter}::{kind}"
                        self.assertEqual(self.query(text, value, binary=binary), [(value,)])
                        self.assertEqual(self.query(text, None, binary=binary), [(None,)])

    def test_json(self):
        document = {"a": [1, 2.5, None, {"b": "ü"}]}
        for binary in False, True:
            self.assertEqual(self.query("SELECT %s", Jsonb(document), binary=binary), [(document,)])

    def test_small_integers_are_int2(self):
        self.table("psycopg3_big", "k int8 PRIMARY KEY")
        self.query("INSERT INTO psycopg3_big VALUES (%b), (%b) RETURNING k", 1, 2**40)
        self.assertEqual(self.query("SELECT k FROM psycopg3_big WHERE k = %b", 1), [(1,)])
        self.assertEqual(self.query("SELECT %b + %b", 1, 100_000), [(100_001,)])

    def test_prepares_after_five_uses(self):
        self.table("psycopg3_prepared", "k int PRIMARY KEY, v text")
        for number in range(12):
            self.connection.execute("INSERT INTO psycopg3_prepared VALUES (%s, %s)", (number, str(number)))
            rows = self.query("SELECT v FROM psycopg3_prepared WHERE k = %s", number)
            self.assertEqual(rows, [(str(number),)])
        self.assertEqual(self.query("SELECT %s::int", 1, prepare=True), [(1,)])
        self.connection.prepared_max = 2
        for number in range(20):
            self.assertEqual(self.query(f"SELECT {number} + %s::int", 1, prepare=True), [(number + 1,)])

    def test_a_prepared_statement_whose_table_changed(self):
        self.table("psycopg3_changed", "a int")
        self.query("SELECT * FROM psycopg3_changed", prepare=True)
        self.table("psycopg3_changed", "a int, b text")
        with self.assertRaisesRegex(errors.FeatureNotSupported, "cached plan must not change result type"):
            self.query("SELECT * FROM psycopg3_changed", prepare=True)

    def test_rows_and_description(self):
        cursor = self.connection.cursor(row_factory=dict_row)
        cursor.execute("SELECT 1 AS a, 'x'::varchar(7) AS b, 2.5::numeric(6,2) AS c")
        self.assertEqual(cursor.fetchone(), {"a": 1, "b": "x", "c": Decimal("2.50")})
        described = [(c.name, c.type_code, c.display_size, c.precision, c.scale) for c in cursor.description]
        self.assertEqual(described, [
            ("a", 23, None, None, None), ("b", 1043, 7, None, None), ("c", 1700, None, 6, 2)])

    def test_several_statements_without_parameters(self):
        cursor = self.connection.execute("SELECT 1; SELECT 2, 3")
        self.assertEqual(cursor.fetchall(), [(1,)])
        self.assertTrue(cursor.nextset())
        self.assertEqual(cursor.fetchall(), [(2, 3)])

    def test_server_side_cursors(self):
        with self.connection.transaction(), self.connection.cursor("psycopg3_cursor") as cursor:
            cursor.execute("SELECT g FROM generate_series(1, %s) g", (3000,))
            self.assertEqual(cursor.fetchmany(2), [(1,), (2,)])
            cursor.itersize = 500
            self.assertEqual(sum(row[0] for row in cursor), sum(range(3, 3001)))
        with self.connection.transaction(), self.connection.cursor("scrolls", scrollable=True) as cursor:
            cursor.execute("SELECT g FROM generate_series(1, 9) g", binary=True)
            cursor.scroll(4)
            self.assertEqual(cursor.fetchone(), (5,))
            cursor.scroll(1, mode="absolute")
            self.assertEqual(cursor.fetchone(), (2,))

    def test_streams(self):
        cursor = self.connection.cursor()
        rows = cursor.stream("SELECT g FROM generate_series(1, %s) g", (2000,))
        self.assertEqual(sum(row[0] for row in rows), sum(range(2001)))

    def test_nested_transactions(self):
        self.table("psycopg3_tx", "k int")
        with self.connection.transaction():
            self.connection.execute("INSERT INTO psycopg3_tx VALUES (1)")
            with self.assertRaises(errors.DivisionByZero), self.connection.transaction():
                self.connection.execute("INSERT INTO psycopg3_tx VALUES (2)")
                self.connection.execute("SELECT 1/0")
            with self.connection.transaction():
                self.connection.execute("INSERT INTO psycopg3_tx VALUES (3)")
        self.assertEqual(self.query("SELECT k FROM psycopg3_tx ORDER BY k"), [(1,), (3,)])

    def test_executemany_returns_rows(self):
        self.table("psycopg3_many", "k int, v text")
        cursor = self.connection.cursor()
        insert = "INSERT INTO psycopg3_many VALUES (%s, %s) RETURNING k"
        cursor.executemany(insert, [(n, "x") for n in range(300)], returning=True)
        seen = [cursor.fetchone()[0]]
        while cursor.nextset():
            seen.append(cursor.fetchone()[0])
        self.assertEqual(seen, list(range(300)))

    def test_a_pipeline(self):
        self.table("psycopg3_pipeline", "k int PRIMARY KEY")
        with self.connection.pipeline() as pipeline:
            cursors = [self.connection.execute("SELECT %s::int * 2", (n,)) for n in range(100)]
            self.assertEqual([c.fetchone()[0] for c in cursors], [2 * n for n in range(100)])
            self.connection.execute("INSERT INTO psycopg3_pipeline VALUES (1)")
            pipeline.sync()
            self.assertEqual(self.query("SELECT k FROM psycopg3_pipeline"), [(1,)])

    def test_an_error_in_a_pipeline(self):
        self.table("psycopg3_aborted", "k int PRIMARY KEY")
        with self.assertRaises(errors.UniqueViolation):
            with self.connection.pipeline() as pipeline:
                self.connection.execute("INSERT INTO psycopg3_aborted VALUES (1)")
                pipeline.sync()
                self.connection.execute("INSERT INTO psycopg3_aborted VALUES (2)")
                self.connection.execute("INSERT INTO psycopg3_aborted VALUES (1)")
                self.connection.execute("INSERT INTO psycopg3_aborted VALUES (3)")
                pipeline.sync()
        self.assertEqual(self.query("SELECT k FROM psycopg3_aborted"), [(1,)])

    def test_copy_in_text_and_binary(self):
        columns = "a int4, b text, c numeric, d timestamptz, e text[], f float8"
        types = ["int4", "text", "numeric", "timestamptz", "text[]", "float8"]
        when = datetime(2026, 5, 6, 7, 8, 9, 123456, tzinfo=timezone.utc)
        rows = [(n, f"tab\t{n}\n\\", Decimal(n) / 4, when, ["x", None], n / 8) for n in range(2000)]
        rows.append((None,) * 6)
        for format in "text", "binary":
            self.table("psycopg3_copy", columns)
            cursor = self.connection.cursor()
            with cursor.copy(f"COPY psycopg3_copy FROM STDIN (FORMAT {format})") as copy:
                copy.set_types(types)
                for row in rows:
                    copy.write_row(row)
            self.assertEqual(cursor.rowcount, len(rows))
            with cursor.copy(f"COPY psycopg3_copy TO STDOUT (FORMAT {format})") as copy:
                copy.set_types(types)
                self.assertEqual(list(copy.rows()), rows)

    def test_copy_that_python_ends(self):
        self.table("psycopg3_half", "a int")
        message = "COPY from stdin failed: error from Python: Zero"
        with self.assertRaisesRegex(errors.QueryCanceled, message):
            with self.connection.cursor().copy("COPY psycopg3_half FROM STDIN") as copy:
                copy.write_row((1,))
                raise ZeroDivisionError
        self.assertEqual(self.query("SELECT count(*) FROM psycopg3_half"), [(0,)])

    def test_error_fields(self):
        with self.assertRaises(errors.UndefinedFunction) as caught:
            self.query("SELECT nope(%s)", 1)
        error = caught.exception
        self.assertEqual((error.sqlstate, error.diag.statement_position), ("42883", "8"))
        with self.assertRaises(errors.InvalidTextRepresentation):
            self.query("SELECT %s::int", "x")
        with self.assertRaises(errors.StringDataRightTruncation):
            self.table("psycopg3_short", "v varchar(3)")
            self.connection.execute("INSERT INTO psycopg3_short VALUES (%s)", ("four",))

    def test_cancel(self):
        timer = threading.Timer(0.2, self.connection.cancel)
        timer.start()
        with self.assertRaises(errors.QueryCanceled):
            self.query("SELECT count(*) FROM generate_series(1, %s::int8)", 2_000_000_000)
        timer.join()
        self.assertEqual(self.query("SELECT 1"), [(1,)])

    def test_notifications(self):
        self.connection.execute("LISTEN psycopg3_channel")
        with psycopg.connect("", autocommit=True) as other:
            other.execute("SELECT pg_notify('psycopg3_channel', %s)", ("payload",))
        notification = next(self.connection.notifies())
        self.assertEqual((notification.channel, notification.payload), ("psycopg3_channel", "payload"))

    def test_composed_statements(self):
        self.table('"psycopg3 Odd"', '"a b" int')
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING *").format(
            sql.Identifier("psycopg3 Odd"), sql.Identifier("a b"), sql.Literal(7))
        self.assertEqual(self.query(statement), [(7,)])

    def test_a_pool(self):
        with ConnectionPool("", min_size=2, max_size=4) as pool:
            seen = []

            def work(number):
                with pool.connection() as connection:
                    seen.append(connection.execute("SELECT %s + 0", (number,)).fetchone()[0])

            threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(sorted(seen), list(range(16)))

    def test_async_connections(self):
        async def work():
            async with await psycopg.AsyncConnection.connect("") as connection:
                cursor = await connection.execute("SELECT %s::text", ("x",))
                return await cursor.fetchall()

        async def several():
            return await asyncio.gather(*(work() for _ in range(4)))

        self.assertEqual(asyncio.run(several()), [[("x",)]] * 4)


if __name__ == "__main__":
    unittest.main()

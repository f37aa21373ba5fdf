"""asyncpg: named statements, every value binary, both ways."""

import asyncio
import io
import unittest
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import asyncpg

# Of arrays only text[]: for others asyncpg asks the catalogs, with a recursive query.
VALUES = {
    "bool": [True, False],
    "int2": [-32768, 32767],
    "int4": [-(2**31), 0, 2**31 - 1],
    "int8": [-(2**63), 2**63 - 1],
    "float4": [1.5, float("inf"), -0.0],
    "float8": [2.25e-300, float("-inf"), 1.1],
    "numeric": [Decimal("0"), Decimal("-12345678901234567890.1230"), Decimal("1E+30"), Decimal("0.00001")],
    "text": ["", "it's \\ grün 😀"],
    "varchar": ["v"],
    "bytea": [b"", bytes(range(256))],
    "date": [date(1, 1, 1), date(2026, 5, 6), date(9999, 12, 31)],
    "time": [time(0), time(23, 59, 59, 999999)],
    "timestamp": [datetime(1, 1, 1), datetime(2026, 5, 6, 7, 8, 9, 123456)],
    "timestamptz": [datetime(1970, 1, 1, tzinfo=timezone.utc), datetime(2026, 5, 6, tzinfo=timezone.utc)],
    "interval": [timedelta(days=-3, seconds=5, microseconds=6), timedelta(0)],
    "uuid": [UUID("12345678-1234-5678-1234-567812345678")],
    "json": ['{"a": [1, null]}'],
    "jsonb": ['{"a": [1, null]}'],
    "text[]": [["a", 'b"c', None, "d,e", ""]],
}


class AsyncpgTest(unittest.IsolatedAsyncioTestCase):
    """The connection comes from PGHOST, PGPORT, PGUSER and PGDATABASE."""

    async def asyncSetUp(self):
        self.db = await asyncpg.connect()
        self.addAsyncCleanup(self.db.close)

    async def table(self, name, columns):
        await self.db.execute(f"DROP TABLE IF EXISTS {name}; CREATE TABLE {name} ({columns})")

    async def test_values(self):
        for kind, values in VALUES.items():
            for value in [*values, None]:
                with self.subTest(type=kind, value=value):
                    self.assertEqual(await self.db.fetchval(f"SELECT $1::{kind}", value), value)

    async def test_values_that_the_server_made(self):
        row = await self.db.fetchrow(
            "SELECT 1.5 AS n, 'x' AS t, now() - now() AS i, array_agg('' || g) AS a, count(*) AS c,"
            " avg(g) AS v, 'infinity'::timestamp AS e FROM generate_series(1, 3) g")
        self.assertEqual(list(row.values()), [
            Decimal("1.5"), "x", timedelta(0), ["1", "2", "3"], 3, Decimal("2"), datetime.max])
        self.assertEqual(list(row.keys()), ["n", "t", "i", "a", "c", "v", "e"])

    async def test_a_prepared_statement(self):
        statement = await self.db.prepare("SELECT $1::int + $2::int8 AS sum, $3::text AS t")
        self.assertEqual([t.name for t in statement.get_parameters()], ["int4", "int8", "text"])
        columns = [(column.name, column.type.name) for column in statement.get_attributes()]
        self.assertEqual(columns, [("sum", "int8"), ("t", "text")])
        for number in range(20):
            self.assertEqual(tuple(await statement.fetchrow(number, 2**40, "x")), (number + 2**40, "x"))
        await statement.fetch(1, 2, "x")
        self.assertEqual(statement.get_statusmsg(), "SELECT 1")

    async def test_types_of_parameters_are_inferred(self):
        await self.table("asyncpg_inferred", "k int8 PRIMARY KEY, v text, d numeric(8,2), t timestamptz")
        when = datetime(2026, 1, 1, tzinfo=timezone.utc)
        insert = "INSERT INTO asyncpg_inferred VALUES ($1, $2, $3, $4)"
        await self.db.execute(insert, 1, "x", Decimal("2.5"), when)
        row = await self.db.fetchrow("SELECT * FROM asyncpg_inferred WHERE k = $1 AND t <= $2", 1, when)
        self.assertEqual(tuple(row), (1, "x", Decimal("2.50"), when))
        any_of = "SELECT k FROM asyncpg_inferred WHERE v = ANY($1) LIMIT $2"
        rows = await self.db.fetch(any_of, ["x", "y"], 5)
        self.assertEqual([r["k"] for r in rows], [1])
        status = await self.db.execute("UPDATE asyncpg_inferred SET v = $1 WHERE k = $2", "y", 1)
        self.assertEqual(status, "UPDATE 1")

    async def test_executemany(self):
        await self.table("asyncpg_many", "a int PRIMARY KEY, b text")
        insert = "INSERT INTO asyncpg_many VALUES ($1, $2)"
        await self.db.executemany(insert, [(n, str(n)) for n in range(1000)])
        self.assertEqual(await self.db.fetchval("SELECT count(*) FROM asyncpg_many"), 1000)
        with self.assertRaises(asyncpg.UniqueViolationError):
            await self.db.executemany(insert, [(n, "") for n in (5000, 5)])
        self.assertEqual(await self.db.fetchval("SELECT count(*) FROM asyncpg_many"), 1000)

    async def test_cursors(self):
        async with self.db.transaction():
            total = 0
            query = "SELECT g FROM generate_series(1, $1::int) g"
            async for row in self.db.cursor(query, 2000, prefetch=70):
                total += row["g"]
            self.assertEqual(total, sum(range(2001)))
            cursor = await self.db.cursor("SELECT g FROM generate_series(1, 100) g")
            self.assertEqual(await cursor.fetchrow(), (1,))
            self.assertEqual(await cursor.forward(10), 10)
            self.assertEqual([r["g"] for r in await cursor.fetch(3)], [12, 13, 14])

    async def test_transactions(self):
        await self.table("asyncpg_tx", "k int")
        insert = "INSERT INTO asyncpg_tx VALUES ($1)"
        async with self.db.transaction(isolation="repeatable_read"):
            await self.db.execute(insert, 1)
            with self.assertRaises(asyncpg.DivisionByZeroError):
                async with self.db.transaction():
                    await self.db.execute(insert, 2)
                    await self.db.execute("SELECT 1/0")
            async with self.db.transaction():
                await self.db.execute(insert, 3)
        with self.assertRaises(asyncpg.ReadOnlySQLTransactionError):
            async with self.db.transaction(readonly=True):
                await self.db.execute(insert, 4)
        rows = await self.db.fetch("SELECT k FROM asyncpg_tx ORDER BY k")
        self.assertEqual([r["k"] for r in rows], [1, 3])

    async def test_copy_in(self):
        columns = "a int4, b text, c numeric, d timestamptz, e text[], f float8, g bool, h uuid, i bytea"
        await self.table("asyncpg_copy", columns)
        when = datetime(2026, 5, 6, 7, 8, 9, 123456, tzinfo=timezone.utc)
        rows = [(n, f"\t{n}\n", Decimal(n) / 4, when, [str(n), None], n / 8, bool(n % 2), UUID(int=n), b"\0")
                for n in range(2000)]
        rows.append((None,) * 9)
        self.assertEqual(await self.db.copy_records_to_table("asyncpg_copy", records=rows), "COPY 2001")
        seen = await self.db.fetch("SELECT * FROM asyncpg_copy")
        self.assertEqual(sorted(map(tuple, seen), key=str), sorted(rows, key=str))
        source = io.BytesIO(b"a,b\n-1,x\n-2,\n")
        options = {"columns": ["a", "b"], "format": "csv", "header": True}
        await self.db.copy_to_table("asyncpg_copy", source=source, **options)
        self.assertEqual(await self.db.fetchval("SELECT count(b) FROM asyncpg_copy WHERE a < 0"), 1)

    async def test_copy_out(self):
        out = io.BytesIO()
        await self.db.copy_from_query(
            "SELECT g, 'x' || g, NULL FROM generate_series(1, $1) g", 3, output=out, format="csv", null="-")
        self.assertEqual(out.getvalue(), b"1,x1,-\n2,x2,-\n3,x3,-\n")
        await self.table("asyncpg_out", "a int")
        await self.db.execute("INSERT INTO asyncpg_out SELECT g FROM generate_series(1, 50000) g")
        out = io.BytesIO()
        self.assertEqual(await self.db.copy_from_table("asyncpg_out", output=out), "COPY 50000")
        self.assertEqual(sum(map(int, out.getvalue().split())), sum(range(50001)))

    async def test_errors(self):
        with self.assertRaises(asyncpg.UndefinedColumnError) as caught:
            await self.db.fetch("SELECT nope")
        self.assertEqual((caught.exception.sqlstate, caught.exception.position), ("42703", "8"))
        with self.assertRaises(asyncpg.DataError):
            await self.db.fetch("SELECT $1::int", "x")
        await self.table("asyncpg_unique", "k int PRIMARY KEY")
        await self.db.execute("INSERT INTO asyncpg_unique VALUES (1)")
        with self.assertRaises(asyncpg.UniqueViolationError) as caught:
            await self.db.execute("INSERT INTO asyncpg_unique VALUES ($1)", 1)
        error = caught.exception
        self.assertEqual((error.detail, error.table_name, error.constraint_name),
                         ("Key (k)=(1) already exists.", "asyncpg_unique", "asyncpg_unique_pkey"))

    async def test_a_table_that_changed(self):
        await self.table("asyncpg_changed", "a int")
        query = "SELECT * FROM asyncpg_changed"
        self.assertEqual(await self.db.fetch(query), [])
        await self.table("asyncpg_changed", "a int, b text")
        await self.db.execute("INSERT INTO asyncpg_changed VALUES (1, 'x')")
        self.assertEqual(tuple(await self.db.fetchrow(query)), (1, "x"))

    async def test_timeout_and_cancel(self):
        slow = "SELECT count(*) FROM generate_series(1, 2000000000)"
        with self.assertRaises(asyncio.TimeoutError):
            await self.db.fetch(slow, timeout=0.2)
        # A call that is cancelled while it waits for the cancelling of the one before ends the connection.
        self.assertEqual(await self.db.fetchval("SELECT 1"), 1)
        task = asyncio.create_task(self.db.fetch(slow))
        await asyncio.sleep(0.2)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertEqual(await self.db.fetchval("SELECT 1"), 1)

    async def test_listen(self):
        received = asyncio.Queue()
        await self.db.add_listener("asyncpg_channel", lambda *call: received.put_nowait(call[2:]))
        other = await asyncpg.connect()
        await other.execute("SELECT pg_notify('asyncpg_channel', 'one')")
        self.assertEqual(await asyncio.wait_for(received.get(), 10), ("asyncpg_channel", "one"))
        await other.close()

    async def test_notices_and_settings(self):
        notices = asyncio.Queue()
        self.db.add_log_listener(lambda _, message: notices.put_nowait(message.message))
        await self.db.execute("DROP TABLE IF EXISTS asyncpg_nothing")
        self.assertEqual(await notices.get(), 'table "asyncpg_nothing" does not exist, skipping')
        await self.db.execute("SET TimeZone = 'Asia/Tokyo'")
        self.assertEqual(self.db.get_settings().TimeZone, "Asia/Tokyo")
        self.assertEqual(self.db.get_server_version().major, 15)

    async def test_a_pool(self):
        async with asyncpg.create_pool(min_size=2, max_size=4) as pool:
            values = await asyncio.gather(*(pool.fetchval("SELECT $1::int * 2", n) for n in range(40)))
            self.assertEqual(values, [2 * n for n in range(40)])
            async with pool.acquire() as connection:
                await connection.execute("SET application_name = 'changed'")
            async with pool.acquire() as connection:
                self.assertEqual(await connection.fetchval("SHOW application_name"), "")


if __name__ == "__main__":
    unittest.main()

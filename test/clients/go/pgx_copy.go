package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

const goCopy = `CREATE TABLE go_copy (id int PRIMARY KEY, b bool, s int2, l int8, f float4, d float8,
  n numeric, t text, v varchar(10), y bytea, day date, at time, ts timestamp, tz timestamptz, i interval,
  u uuid, j jsonb, a int4[], ta text[])`

// CopyFrom, which is binary COPY, of every type; COPY by text both ways; rows that fail.
func pgxCopy(r *report) {
	conn := pgxDefault("timezone=UTC")
	defer conn.Close(background)
	pgxRun(conn, "DROP TABLE IF EXISTS go_copy", goCopy)
	r.attempt("rows", func() { pgxCopyRows(r, conn) })
	r.attempt("text", func() { pgxCopyText(r, conn) })
	r.attempt("failing", func() { pgxCopyFailing(r, conn) })
}

func copyRow(id int) []any {
	at := time.Date(2024, 2, 29, 1, 2, 3, 4000, time.UTC)
	return []any{
		id, id%2 == 0, int16(-id), int64(id) << 40, float32(id) / 4, float64(id) / 3,
		pgtype.Numeric{Int: big.NewInt(int64(id)), Exp: -3, Valid: true}, fmt.Sprint("text\t", id), "v",
		[]byte{0, byte(id)}, at, pgtype.Time{Microseconds: int64(id), Valid: true}, at, at,
		pgtype.Interval{Days: int32(id), Valid: true}, [16]byte{15: byte(id)}, map[string]any{"id": id},
		[]int32{int32(id), -1}, []*string{nil, pointer("x")},
	}
}

var copyColumns = []string{
	"id", "b", "s", "l", "f", "d", "n", "t", "v", "y", "day", "at", "ts", "tz", "i", "u", "j", "a", "ta",
}

func pgxCopyRows(r *report, conn *pgx.Conn) {
	const count = 2000
	next := 0
	source := pgx.CopyFromFunc(func() ([]any, error) {
		next++
		if next > count {
			return nil, nil
		}
		return copyRow(next), nil
	})
	table := pgx.Identifier{"go_copy"}
	r.equal("rows", must1(conn.CopyFrom(background, table, copyColumns, source)), int64(count))
	nulls := make([]any, len(copyColumns))
	nulls[0] = count + 1
	copied := must1(conn.CopyFrom(background, table, copyColumns, pgx.CopyFromRows([][]any{nulls})))
	r.equal("NULLs", copied, int64(1))
	query := "SELECT * FROM go_copy WHERE id = $1"
	for _, id := range []int{1, 7, count, count + 1} {
		rows := must1(conn.Query(background, query, pgx.QueryExecModeSimpleProtocol, id))
		for rows.Next() {
			for column, value := range rows.RawValues() {
				r.see(fmt.Sprintf("row %d, %s", id, copyColumns[column]), string(value))
			}
		}
		must(rows.Err())
	}
	sum := pgxValue[string](conn, "SELECT sum(n)::text || ' ' || sum(d)::text FROM go_copy")
	r.see("sums", sum)
}

func pgxCopyText(r *report, conn *pgx.Conn) {
	lines := "5001\ta\\tb\n5002\t\\N\n"
	from := "COPY go_copy (id, t) FROM STDIN"
	tag := must1(conn.PgConn().CopyFrom(background, strings.NewReader(lines), from))
	r.equal("text in", tag.String(), "COPY 2")
	var out bytes.Buffer
	to := "COPY (SELECT id, t FROM go_copy WHERE id > 5000 ORDER BY id) TO STDOUT"
	tag = must1(conn.PgConn().CopyTo(background, &out, to))
	r.equal("text out", tag.String()+" "+out.String(), "COPY 2 "+lines)
}

func pgxCopyFailing(r *report, conn *pgx.Conn) {
	table := pgx.Identifier{"go_copy"}
	copyIDs := func(ids ...any) error {
		rows := make([][]any, len(ids))
		for index, id := range ids {
			rows[index] = []any{id}
		}
		_, err := conn.CopyFrom(background, table, []string{"id"}, pgx.CopyFromRows(rows))
		return err
	}
	duplicate := "duplicate key value violates unique constraint \"go_copy_pkey\""
	r.refused("a key twice", copyIDs(9001, 9002, 9001), "23505", duplicate)
	null := "null value in column \"id\" of relation \"go_copy\" violates not-null constraint"
	r.refused("a NULL key", copyIDs(nil), "23502", null)
	_, err := conn.CopyFrom(background, table, []string{"nope"}, pgx.CopyFromRows(nil))
	r.refused("no column", err, "42703", "column \"nope\" does not exist")
	given := errors.New("given up")
	giveUp := pgx.CopyFromFunc(func() ([]any, error) { return nil, given })
	_, err = conn.CopyFrom(background, table, []string{"id"}, giveUp)
	r.refused("given up by the client", err, "57014", "COPY from stdin failed: given up")
	count := pgxValue[int64](conn, "SELECT count(*) FROM go_copy WHERE id > 9000")
	r.equal("nothing is kept", count, int64(0))
}

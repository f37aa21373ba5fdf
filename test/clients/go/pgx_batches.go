package main

import (
	"fmt"

	"github.com/jackc/pgx/v5"
)

const goBatch = "CREATE TABLE go_batch (id int PRIMARY KEY, name text NOT NULL)"

// SendBatch: many statements before one Sync, with an error in the middle, in each mode.
func pgxBatches(r *report) {
	for _, mode := range modes {
		conn := pgxConnect(mode)
		pgxRun(conn, "DROP TABLE IF EXISTS go_batch", goBatch)
		r.attempt(mode.String(), func() { pgxBatch(r, conn, mode.String()) })
		r.attempt(mode.String()+", failing", func() { pgxFailingBatch(r, conn, mode.String()) })
		must(conn.Close(background))
	}
	r.attempt("upserts", func() { pgxUpserts(r) })
	r.attempt("pipeline", func() { pgxPipeline(r) })
}

func pgxBatch(r *report, conn *pgx.Conn, mode string) {
	batch := &pgx.Batch{}
	for id := 1; id <= 100; id++ {
		batch.Queue("INSERT INTO go_batch VALUES ($1, $2)", id, fmt.Sprint("n", id))
	}
	batch.Queue("SELECT name FROM go_batch WHERE id = $1", 42)
	batch.Queue("UPDATE go_batch SET name = $1 WHERE id <= $2", "x", 10)
	batch.Queue("SELECT count(*) FROM go_batch WHERE name = 'x'")
	results := conn.SendBatch(background, batch)
	for id := 1; id <= 100; id++ {
		r.equal(mode+", insert", must1(results.Exec()).RowsAffected(), int64(1))
	}
	var name string
	must(results.QueryRow().Scan(&name))
	r.equal(mode+", own write", name, "n42")
	r.equal(mode+", updated", must1(results.Exec()).String(), "UPDATE 10")
	var count int64
	must(results.QueryRow().Scan(&count))
	r.equal(mode+", count", count, int64(10))
	must(results.Close())
}

func pgxFailingBatch(r *report, conn *pgx.Conn, mode string) {
	batch := &pgx.Batch{}
	batch.Queue("INSERT INTO go_batch VALUES ($1, $2)", 1001, "a")
	batch.Queue("SELECT 1 / ($1::int - 5)", 5)
	batch.Queue("INSERT INTO go_batch VALUES ($1, $2)", 1002, "b")
	results := conn.SendBatch(background, batch)
	_, err := results.Exec()
	r.equal(mode+", before the error", err, nil)
	_, err = results.Exec()
	r.refused(mode+", the error", err, "22012", "division by zero")
	_, err = results.Exec()
	r.refused(mode+", after it", err, "22012", "division by zero")
	r.refused(mode+", the end", results.Close(), "22012", "division by zero")
	count := pgxValue[int64](conn, "SELECT count(*) FROM go_batch WHERE id > 1000")
	r.equal(mode+", nothing is kept", count, int64(0))
}

func pgxUpserts(r *report) {
	conn := pgxDefault()
	defer conn.Close(background)
	for round := 0; round < 3; round++ {
		batch := &pgx.Batch{}
		for id := 1; id <= 50; id++ {
			batch.Queue(`INSERT INTO go_batch VALUES ($1, $2)
			  ON CONFLICT (id) DO UPDATE SET name = go_batch.name || EXCLUDED.name RETURNING name`, id, "u")
		}
		results := conn.SendBatch(background, batch)
		for id := 1; id <= 50; id++ {
			var name string
			must(results.QueryRow().Scan(&name))
			r.see("upserted", name)
		}
		must(results.Close())
	}
}

// The pipeline of pgconn: several Syncs under way, of which one fails.
func pgxPipeline(r *report) {
	conn := pgxDefault()
	defer conn.Close(background)
	pipeline := conn.PgConn().StartPipeline(background)
	one := [][]byte{[]byte("2")}
	pipeline.SendQueryParams("SELECT $1::int + 1", one, nil, nil, nil)
	pipeline.SendPrepare("half", "SELECT 10 / (g - $1::int) FROM generate_series(0, 0) g", nil)
	must(pipeline.Sync())
	pipeline.SendQueryPrepared("half", [][]byte{[]byte("0")}, nil, nil)
	pipeline.SendQueryPrepared("half", one, nil, nil)
	must(pipeline.Sync())
	pipeline.SendQueryPrepared("half", one, nil, nil)
	pipeline.SendDeallocate("half")
	must(pipeline.Sync())
	for {
		result, err := pipeline.GetResults()
		if result == nil && err == nil {
			break
		}
		r.see("result", fmt.Sprintf("%T %v", result, err != nil))
		if err != nil {
			r.refused("the failing one", err, "22012", "division by zero")
		}
	}
	must(pipeline.Close())
	r.equal("afterwards", pgxValue[int32](conn, "SELECT 7"), int32(7))
}

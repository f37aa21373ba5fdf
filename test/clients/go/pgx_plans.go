package main

import (
	"bytes"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Statements that pgx keeps, after their table or view became another one.
func pgxPlans(r *report) {
	for _, mode := range modes {
		for _, kind := range []string{"VIEW", "MATERIALIZED VIEW"} {
			r.attempt(mode.String()+", "+kind, func() { pgxChanged(r, mode, kind) })
		}
	}
	r.attempt("prepared", func() { pgxPrepared(r) })
	r.attempt("many", func() { pgxMany(r) })
}

// pgx prepares again after the error, so that the next query is good.
func pgxChanged(r *report, mode pgx.QueryExecMode, kind string) {
	conn, other := pgxConnect(mode), pgxDefault()
	defer conn.Close(background)
	defer other.Close(background)
	const query = "SELECT * FROM go_plan_view WHERE a = $1"
	drop, create := "DROP "+kind+" go_plan_view", "CREATE "+kind+" go_plan_view AS "
	pgxRun(other, "CREATE TABLE go_plan (a int, b int)", "INSERT INTO go_plan VALUES (1, 2)",
		create+"SELECT a FROM go_plan")
	defer pgxRun(other, drop, "DROP TABLE go_plan")
	for execution := 1; execution <= 3; execution++ {
		r.equal("first", pgxValue[int32](conn, query, 1), int32(1))
	}
	pgxRun(other, drop, create+"SELECT a FROM go_plan WHERE b > 100")
	r.see("the same columns", conn.QueryRow(background, query, 1).Scan(nil))
	pgxRun(other, drop, create+"SELECT a, b FROM go_plan")
	var a, b int32
	err := conn.QueryRow(background, query, 1).Scan(&a, &b)
	r.see("other columns, "+mode.String(), err)
	if err != nil {
		r.refused("other columns", err, "0A000", "cached plan must not change result type")
		must(conn.QueryRow(background, query, 1).Scan(&a, &b))
	}
	r.equal("the new columns", []int32{a, b}, []int32{1, 2})
}

func pgxPrepared(r *report) {
	conn := pgxDefault()
	defer conn.Close(background)
	statement := must1(conn.Prepare(background, "go_named", "SELECT $1::int + $2 AS sum, $3 || 'x' AS text"))
	r.see("parameters", statement.ParamOIDs)
	for _, field := range statement.Fields {
		text := fmt.Sprintf("%s %d %d", field.Name, field.DataTypeOID, field.DataTypeSize)
		r.see("field", text+fmt.Sprint(" ", field.TypeModifier))
	}
	for execution := int32(1); execution <= 10; execution++ {
		var sum int32
		var text string
		must(conn.QueryRow(background, "go_named", execution, 2, "y").Scan(&sum, &text))
		r.equal("sum", sum, execution+2)
	}
	_, err := conn.PgConn().Prepare(background, "go_named", "SELECT 1", nil)
	r.refused("twice", err, "42P05", "prepared statement \"go_named\" already exists")
	must(conn.Deallocate(background, "go_named"))
	result := conn.PgConn().ExecPrepared(background, "go_named", nil, nil, nil).Read()
	r.refused("gone", result.Err, "26000", "prepared statement \"go_named\" does not exist")
}

// More statements than pgx keeps: it closes those that were used longest ago.
func pgxMany(r *report) {
	conn := pgxDefault("statement_cache_capacity=20")
	defer conn.Close(background)
	for round := 0; round < 2; round++ {
		for number := int32(0); number < 60; number++ {
			sum := pgxValue[int32](conn, fmt.Sprintf("SELECT $1::int + %d", number), 1000)
			r.equal("sum", sum, 1000+number)
		}
	}
}

// Parameters, results and texts that fill many packets.
func pgxLarge(r *report) {
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeExec} {
		conn := pgxConnect(mode)
		text := strings.Repeat("ä漢🚀x", 1<<20)
		r.equal("text, "+mode.String(), pgxValue[string](conn, "SELECT $1::text", text) == text, true)
		data := bytes.Repeat([]byte{0, 255, 7}, 2<<20)
		r.equal("bytea, "+mode.String(), bytes.Equal(pgxValue[[]byte](conn, "SELECT $1::bytea", data), data), true)
		numbers := make([]int32, 500_000)
		for index := range numbers {
			numbers[index] = int32(index)
		}
		sum := pgxValue[int64](conn, "SELECT sum(n) FROM unnest($1::int4[]) n", numbers)
		r.equal("array, "+mode.String(), sum, int64(124_999_750_000))
		must(conn.Close(background))
	}
	conn := pgxDefault()
	defer conn.Close(background)
	args := make([]any, 65_535)
	places := make([]string, len(args))
	for index := range args {
		args[index] = index
		places[index] = fmt.Sprintf("($%d::int)", index+1)
	}
	query := "SELECT count(*) FROM (VALUES " + strings.Join(places, ", ") + ") v(n)"
	r.equal("65535 parameters", pgxValue[int64](conn, query, args...), int64(len(args)))
}

// The pool: many goroutines, connections that are checked and reset, and one that is broken.
func pgxPool(r *report) {
	config := must1(pgxpool.ParseConfig(connectionString("sslmode=disable", "pool_max_conns=4")))
	config.AfterRelease = func(conn *pgx.Conn) bool {
		if _, err := conn.Exec(background, "DISCARD ALL"); err != nil {
			return false
		}
		return conn.DeallocateAll(background) == nil
	}
	pool := must1(pgxpool.NewWithConfig(background, config))
	defer pool.Close()
	must(pool.Ping(background))
	for _, text := range []string{"DROP TABLE IF EXISTS go_pool", "CREATE TABLE go_pool (id int PRIMARY KEY)"} {
		must1(pool.Exec(background, text))
	}
	var group sync.WaitGroup
	failed := make(chan error, 400)
	for worker := 0; worker < 8; worker++ {
		group.Add(1)
		go func(first int) {
			defer group.Done()
			for id := first; id < first+50; id++ {
				_, err := pool.Exec(background, "INSERT INTO go_pool VALUES ($1)", id)
				failed <- err
			}
		}(worker * 50)
	}
	group.Wait()
	close(failed)
	for err := range failed {
		r.equal("insert", err, nil)
	}
	r.equal("rows", pgxValue[int64](pool, "SELECT count(*) FROM go_pool"), int64(400))
	r.equal("connections", pool.Stat().TotalConns() <= 4, true)
	must(pool.AcquireFunc(background, func(conn *pgxpool.Conn) error {
		_, err := conn.Exec(background, "SET statement_timeout = 1234")
		return err
	}))
	for number := 0; number < 4; number++ {
		conn := must1(pool.Acquire(background))
		defer conn.Release()
		r.equal("reset", pgxValue[string](conn, "SHOW statement_timeout"), "0")
	}
}

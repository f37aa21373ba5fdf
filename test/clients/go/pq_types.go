package main

import (
	"database/sql"
	"fmt"
	"math"
	"time"

	"github.com/lib/pq"
)

type pqSample struct {
	sqlType string
	value   any
	read    func(*sql.Row) (any, error)
}

func pqOf[T any](sqlType string, value T) pqSample {
	return pqSample{sqlType, value, func(row *sql.Row) (any, error) {
		var stored, echo T
		var none any
		err := row.Scan(&stored, &none, &echo)
		if none != nil {
			return nil, fmt.Errorf("expected NULL, got %v", none)
		}
		if fmt.Sprint(stored) != fmt.Sprint(echo) {
			return nil, fmt.Errorf("stored %v, echo %v", stored, echo)
		}
		return stored, err
	}}
}

// Arrays are scanned through their pointer and sent by value.
func pqArrayOf[T any](sqlType string, value T) pqSample {
	return pqSample{sqlType, pq.Array(value), func(row *sql.Row) (any, error) {
		var stored, echo T
		var none any
		err := row.Scan(pq.Array(&stored), &none, pq.Array(&echo))
		return pq.Array(stored), err
	}}
}

func pqSamples() []pqSample {
	at := time.Date(1999, 12, 31, 23, 59, 59, 123_456_000, time.UTC)
	return []pqSample{
		pqOf("bool", true),
		pqOf("int2", int16(math.MinInt16)),
		pqOf("int4", int32(math.MaxInt32)),
		pqOf("int8", int64(math.MinInt64)),
		pqOf("float4", float32(1.5)),
		pqOf("float8", 1e-300),
		pqOf("numeric", "-12345678901234567890.00120"),
		pqOf("text", "Größe, 'quoted' \"x\" \\ 漢字 🚀\n\t"),
		pqOf("varchar", ""),
		pqOf("bytea", []byte{0, 1, 39, 92, 127, 128, 255}),
		pqOf("date", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)),
		pqOf("timestamp", at),
		pqOf("timestamptz", at),
		pqOf("interval", "10 mons -3 days +03:55:06.789"),
		pqOf("uuid", "123e4567-e89b-12d3-a456-426614174000"),
		pqOf("jsonb", `{"a": [1, 2.50, null]}`),
		pqArrayOf("bool[]", []bool{true, false}),
		pqArrayOf("int8[]", []int64{1, math.MinInt64}),
		pqArrayOf("float8[]", []float64{1.5, -1e300}),
		pqArrayOf("text[]", []string{"a", "", "NULL", "b,c", `{"d\e"}`, "ü"}),
		pqArrayOf("bytea[]", [][]byte{{1, 0}, {}}),
	}
}

// Every type of lib/pq written and read 10 times, by text and with binary parameters.
func pqTypes(r *report) {
	for _, way := range pqWays {
		db := pqOpen(way, "timezone=UTC")
		sqlTypes(r, db, way)
		must(db.Close())
	}
}

func sqlTypes(r *report, db *sql.DB, way string) {
	for number, s := range pqSamples() {
		name := fmt.Sprintf("%s %d, %s", s.sqlType, number, way)
		r.attempt(name, func() { sqlRoundTrip(r, db, name, fmt.Sprint("sql_type_", number), s) })
	}
}

func sqlRoundTrip(r *report, db *sql.DB, name, table string, s pqSample) {
	create := "CREATE TABLE %s (id int PRIMARY KEY, value %s, other %s)"
	pqRun(db, "DROP TABLE IF EXISTS "+table, fmt.Sprintf(create, table, s.sqlType, s.sqlType))
	insert := must1(db.Prepare("INSERT INTO " + table + " (id, value) VALUES ($1, $2)"))
	defer insert.Close()
	query := fmt.Sprintf("SELECT value, other, $1::%s AS echo FROM %s WHERE id = $2", s.sqlType, table)
	prepared := must1(db.Prepare(query))
	defer prepared.Close()
	for id := 1; id <= executions; id++ {
		must1(insert.Exec(id, s.value))
		for _, row := range []*sql.Row{db.QueryRow(query, s.value, id), prepared.QueryRow(s.value, id)} {
			value := must1(s.read(row))
			if at, ok := value.(time.Time); ok {
				r.equal(name, at.Equal(s.value.(time.Time)), true)
				continue
			}
			r.equal(name, value, s.value)
		}
	}
	r.see(name+", text", pqValue[string](db, "SELECT value::text FROM "+table+" WHERE id = 1"))
}

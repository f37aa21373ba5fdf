package main

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

func pointer[T any](value T) *T { return &value }

// Slices and arrays with NULLs, bounds and two dimensions, in each mode; nested values in composites.
func pgxArrays(r *report) {
	day := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	for _, mode := range modes {
		conn := pgxConnect(mode, "timezone=UTC")
		check := func(sqlType string, value, target any, read func() any) {
			name := fmt.Sprintf("%s, %s", sqlType, mode)
			r.attempt(name, func() {
				for execution := 1; execution <= executions; execution++ {
					must(conn.QueryRow(background, "SELECT $1::"+sqlType, value).Scan(target))
					r.equal(name, read(), value)
				}
			})
		}
		var bools []bool
		check("bool[]", []bool{true, false}, &bools, func() any { return bools })
		var ints []*int32
		check("int4[]", []*int32{pointer(int32(1)), nil, pointer(int32(-7))}, &ints, func() any { return ints })
		var longs []int64
		check("int8[]", []int64{1 << 62, -1}, &longs, func() any { return longs })
		var floats []float64
		check("float8[]", []float64{1.1, -1e300}, &floats, func() any { return floats })
		var texts []*string
		items := []*string{pointer("a"), nil, pointer(""), pointer("NULL"), pointer("{\"b\\,c\"}"), pointer("ü")}
		check("text[]", items, &texts, func() any { return texts })
		var days []time.Time
		check("date[]", []time.Time{day}, &days, func() any { return days })
		var bytes [][]byte
		check("bytea[]", [][]byte{{1, 0}, {}}, &bytes, func() any { return bytes })
		// pgx writes nested slices only for a type that it knows.
		if mode != pgx.QueryExecModeExec && mode != pgx.QueryExecModeSimpleProtocol {
			var matrix [][]int32
			check("int4[]", [][]int32{{1, 2, 3}, {4, 5, 6}}, &matrix, func() any { return matrix })
		}
		var none []int32
		check("int4[]", []int32{}, &none, func() any { return none })
		r.attempt("bounds", func() {
			var array pgtype.Array[int32]
			must(conn.QueryRow(background, "SELECT '[2:3]={5,6}'::int4[]").Scan(&array))
			r.equal("bounds, "+mode.String(), array.Dims, []pgtype.ArrayDimension{{Length: 2, LowerBound: 2}})
		})
		r.attempt("any", func() {
			query := "SELECT sum(g) FROM generate_series(1, 100) g WHERE g = ANY($1)"
			sum := pgxValue[int64](conn, query, []int32{1, 10, 1000})
			r.equal("any, "+mode.String(), sum, int64(11))
		})
		must(conn.Close(background))
	}
}

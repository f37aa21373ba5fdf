// Checks of pgx and lib/pq, in groups. Each group prints one JSON line: its name, what failed and what was
// seen. What was seen has no expectation here; two servers have to agree on it. The arguments are the groups to
// run, all but the logins by default; the environment says where the server is. Exits with 1 when something
// failed.
package main

import (
	"fmt"
	"os"
)

type group struct {
	name string
	run  func(*report)
}

var groups = []group{
	{"types", pgxTypes},
	{"arrays", pgxArrays},
	{"batches", pgxBatches},
	{"copy", pgxCopy},
	{"transactions", pgxTransactions},
	{"notifications", pgxNotifications},
	{"cancel", pgxCancel},
	{"plans", pgxPlans},
	{"large", pgxLarge},
	{"errors", pgxErrors},
	{"pool", pgxPool},
	{"rows", pgxRows},
	{"stdlib", stdlib},
	{"pq", pqQueries},
	{"pq-types", pqTypes},
	{"pq-copy", pqCopy},
	{"pq-transactions", pqTransactions},
	{"pq-listener", pqListener},
	{"pq-cancel", pqCancel},
}

var logins = []group{{"login", pgxLogin}, {"pq-login", pqLogin}}

func main() {
	chosen := groups
	if names := os.Args[1:]; len(names) > 0 {
		chosen = nil
		for _, g := range append(groups, logins...) {
			for _, name := range names {
				if name == g.name {
					chosen = append(chosen, g)
				}
			}
		}
	}
	good := true
	for _, g := range chosen {
		r := &report{Group: g.name, Failures: []string{}, Seen: []string{}}
		r.attempt("the group ended early", func() { g.run(r) })
		fmt.Println(r.json())
		good = good && len(r.Failures) == 0
	}
	if !good {
		os.Exit(1)
	}
}

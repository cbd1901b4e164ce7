package questions_test

import (
	"encoding/json"
	"testing"

	"github.com/jackc/pgx/v5"
)

// node is a step of an executed plan, as EXPLAIN shows it.
type node struct {
	Type      string  `json:"Node Type"`
	Relation  string  `json:"Relation Name"`
	IndexCond string  `json:"Index Cond"`
	Rows      float64 `json:"Actual Rows"` // of each loop, on average
	Loops     float64 `json:"Actual Loops"`
	Filtered  float64 `json:"Rows Removed by Filter"`
	Rechecked float64 `json:"Rows Removed by Index Recheck"`
	Children  []node  `json:"Plans"`
}

// asIfLarge has small tables read as the planner would read large ones.
const asIfLarge = `SET enable_seqscan = off; SET enable_mergejoin = off; SET enable_hashjoin = off`

// explain executes a question and returns its plan.
func explain(t *testing.T, conn *pgx.Conn, sql string) node {
	t.Helper()
	var text []byte
	err := conn.QueryRow(t.Context(), `EXPLAIN (ANALYZE, FORMAT JSON) `+sql, pgx.QueryExecModeSimpleProtocol).Scan(&text)
	if err != nil {
		t.Fatal(err)
	}
	var plans []struct{ Plan node }
	if err := json.Unmarshal(text, &plans); err != nil {
		t.Fatal(err)
	}
	return plans[0].Plan
}

// read returns how many rows of each table the largest scan read, including those that it
// filtered out.
func (n node) read(into map[string]float64) map[string]float64 {
	if n.Relation != "" {
		rows := n.Rows + n.Filtered + n.Rechecked
		if n.Loops > 1 {
			rows -= 0.5 // an average, which is rounded
		}
		into[n.Relation] = max(into[n.Relation], rows*n.Loops)
	}
	for _, child := range n.Children {
		child.read(into)
	}
	return into
}

// readsNoOtherDays checks that a question reads only rows of its days from each table with
// days, or few. owner counts them.
func (c check) readsNoOtherDays(t *testing.T, owner *pgx.Conn, plan node, few float64) {
	t.Helper()
	scanned := plan.read(make(map[string]float64))
	for _, table := range []string{"stage_loss", "platform_loss", "loss_change", "ledger"} {
		limit := 0.0
		if count := c.reads[table]; count != "" {
			if err := owner.QueryRow(t.Context(), count).Scan(&limit); err != nil {
				t.Fatal(err)
			}
		}
		if scanned[table] > max(limit, few) {
			t.Errorf("the plan reads %v rows of %s; those days have %v", scanned[table], table, limit)
		}
	}
}

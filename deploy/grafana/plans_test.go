package grafana_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// plan is a node of a plan by EXPLAIN.
type plan struct {
	NodeType  string `json:"Node Type"`
	Relation  string `json:"Relation Name"`
	IndexCond string `json:"Index Cond"`
	Recheck   string `json:"Recheck Cond"`
	Plans     []plan
}

func (p plan) nodes() []plan {
	nodes := []plan{p}
	for _, below := range p.Plans {
		nodes = append(nodes, below.nodes()...)
	}
	return nodes
}

// daysAreFoundByIndex checks that plans find the days of an app by the key. A test has so few rows
// that the planner would read all of them, so it is set not to. A table that was analyzed as tiny
// is read by any index.
func daysAreFoundByIndex(t *testing.T, w *fixture) {
	forgetCounts(t, w.owner)
	tx, err := w.reader.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Exec(t.Context(), `SET LOCAL enable_seqscan = off`); err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, d := range dashboards(t) {
		chosen := w.opened(t, d, nil)
		for what, sql := range d.statements() {
			if !readsFacts(sql) {
				continue
			}
			expanded, err := expand(sql, chosen, w.during)
			if err != nil {
				t.Fatal(err)
			}
			var text string
			if err := tx.QueryRow(t.Context(), "EXPLAIN (FORMAT JSON) "+expanded, pgx.QueryExecModeExec).Scan(&text); err != nil {
				t.Fatalf("%v\n%s", err, expanded)
			}
			var explained []struct{ Plan plan }
			if err := json.Unmarshal([]byte(text), &explained); err != nil {
				t.Fatal(err)
			}
			for _, node := range explained[0].Plan.nodes() {
				if !slices.Contains([]string{"stage_loss", "platform_loss", "loss_change", "ledger"}, node.Relation) {
					continue
				}
				looked++
				condition := node.IndexCond + node.Recheck
				ofARow := strings.Contains(condition, "day = ") // of the ledger's or a fact's, which is found by its days
				if !strings.Contains(condition, "sdk_app_id") || !ofARow && !strings.Contains(condition, "day >=") {
					t.Errorf("%s: %s reads %s by a %s on %q", d.file, what, node.Relation, node.NodeType, condition)
				}
			}
		}
	}
	if looked == 0 {
		t.Error("no plan reads the facts")
	}
}

// forgetCounts makes the planner treat the facts as tables that were never analyzed.
func forgetCounts(t *testing.T, owner *pgx.Conn) {
	for _, sql := range []string{
		`DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'pushloss'::regnamespace)`,
		`UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE relkind = 'r' AND relnamespace = 'pushloss'::regnamespace`,
	} {
		if _, err := owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
}

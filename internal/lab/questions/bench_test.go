package questions_test

import (
	"flag"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

var (
	database = flag.String("database", "", "URL of a filled database to measure the questions on")
	app      = flag.String("app", "1", "SDKAppID to ask for")
)

// smallTable is how many rows the planner may read whole: of a table or app that has no more, that
// costs less than an index.
const smallTable = 5000

// TestQuestionsOfAFilledDatabase checks the plans for large tables, with the settings of
// the database.
func TestQuestionsOfAFilledDatabase(t *testing.T) {
	if *database == "" {
		t.Skip("name a filled database: -args -database URL")
	}
	conn := connect(t, *database)
	for _, q := range read(t) {
		t.Run(q.name, func(t *testing.T) {
			plan := explain(t, conn, q.sql(t, map[string]string{"app": "1"}))
			checks()[q.name].readsNoOtherDays(t, conn, plan, smallTable)
		})
	}
}

// BenchmarkQuestions asks each question of a database that "pushloss sandbox fill"
// has filled, as psql would, and reports the median:
//
//	go test ./internal/lab/questions -run '^$' -bench . -benchtime 21x -args -database "$DATABASE_URL"
func BenchmarkQuestions(b *testing.B) {
	if *database == "" {
		b.Skip("name a filled database: -args -database URL")
	}
	conn, err := pgx.Connect(b.Context(), *database)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close(b.Context()) })
	for _, q := range read(b) {
		b.Run(q.name, func(b *testing.B) {
			sql := q.sql(b, map[string]string{"app": *app})
			var took []time.Duration
			for b.Loop() {
				begun := time.Now()
				tag, err := conn.Exec(b.Context(), sql, pgx.QueryExecModeSimpleProtocol)
				took = append(took, time.Since(begun))
				if err != nil {
					b.Fatal(err)
				}
				if tag.RowsAffected() == 0 {
					b.Log("no rows")
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
			b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "max-ms")
		})
	}
}

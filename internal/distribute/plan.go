package distribute

import (
	"fmt"

	"pushloss/internal/problem"
)

// DefaultShards is for clusters of up to 32 workers.
const DefaultShards = 32

// Step is what happens to one table.
type Step struct {
	Table   string    `json:"table"`
	Now     Placement `json:"now"`
	Becomes Placement `json:"becomes"`
	Why     string    `json:"why"`
	// SQL are the statements; empty if nothing is to do.
	SQL []string `json:"sql"`
}

// Due reports whether there is something to do.
func (s Step) Due() bool { return len(s.SQL) > 0 }

// Plan returns what happens to each table, given the present placements. It refuses tables that
// were placed in another way.
func Plan(now map[string]Placement, shards int) ([]Step, error) {
	if shards < 1 || shards > 64000 {
		return nil, &problem.UsageError{Problem: fmt.Sprintf("--shards: %d is not a number of shards", shards), Remedy: "give a number from 1 to 64000: two to four for each core of all workers"}
	}
	var steps []Step
	for _, table := range Tables() {
		is, found := now[table.Name]
		if !found {
			return nil, &problem.UsageError{Problem: fmt.Sprintf("the table pushloss.%s is missing", table.Name), Remedy: "run: pushloss migrate up"}
		}
		step := Step{Table: table.Name, Now: is, Becomes: table.Placement, Why: table.Why}
		switch {
		case is == table.Placement:
		case !is.CanBecome(table.Placement):
			return nil, &problem.UsageError{
				Problem: fmt.Sprintf("the table pushloss.%s is %s, and should be %s", table.Name, is, table.Placement),
				Remedy:  "pg_dump, and pg_restore into a new database: Citus does not take back a table with an identity column",
			}
		case is == Incomplete:
			step.SQL = []string{sqlComplete}
		default:
			step.SQL = statements(table, shards)
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// sqlComplete copies every table that needs it. Any other way of copying needs wal_level = logical.
const sqlComplete = `SELECT replicate_reference_tables(shard_transfer_mode => 'block_writes')`

// statements place a local table. Citus copies its rows. The rows that stay on the coordinator are
// no longer visible, so they are removed.
func statements(table Table, shards int) []string {
	name := "pushloss." + table.Name
	place := fmt.Sprintf(`SELECT create_reference_table('%s')`, name)
	switch {
	case table.Name == first:
		place = fmt.Sprintf(`SELECT create_distributed_table('%s', '%s', colocate_with => 'none', shard_count => %d)`, name, Key, shards)
	case table.Placement == Distributed:
		place = fmt.Sprintf(`SELECT create_distributed_table('%s', '%s', colocate_with => 'pushloss.%s')`, name, Key, first)
	}
	return []string{place, fmt.Sprintf(`SELECT truncate_local_data_after_distributing_table('%s')`, name)}
}

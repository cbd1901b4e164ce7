package check

import (
	"context"
	"fmt"

	"github.com/dustin/go-humanize/english"

	"pushloss/internal/distribute"
	"pushloss/internal/postgres"
)

// Engine names what answers at DATABASE_URL. It refuses workers of a Citus cluster, engines without
// session advisory locks, and servers that are too old.
func Engine(ctx context.Context, pool *postgres.Pool, databaseURL string) Finding {
	const name = "engine"
	engine, err := postgres.ReadEngine(ctx, pool)
	if err == nil {
		err = postgres.CheckEngine(ctx, databaseURL)
	}
	if err == nil || postgres.Full(err) { // the finding about connections says so
		return Good(name, engine.String())
	}
	hint := postgres.Hint(err)
	if said, ok := err.(interface{ Hint() string }); ok {
		hint = said.Hint()
	}
	return Bad(name, err, hint)
}

// Distribution compares the placement of the tables of a Citus cluster with the plan. It returns
// nothing for other engines, and if nothing was distributed.
func Distribution(ctx context.Context, pool *postgres.Pool) []Finding {
	const name = "distribution"
	engine, err := postgres.ReadEngine(ctx, pool)
	if err != nil || engine.Citus == "" {
		return nil // the finding about the engine says so
	}
	now, err := distribute.Placements(ctx, pool)
	if err != nil {
		return []Finding{Bad(name, err, postgres.Hint(err))}
	}
	placed, left := 0, 0
	for _, table := range distribute.Tables() {
		is, found := now[table.Name]
		switch {
		case !found: // the finding about the schema says so
		case is != table.Placement && !is.CanBecome(table.Placement):
			return []Finding{Bad(name, fmt.Errorf("the table pushloss.%s is %s, and should be %s", table.Name, is, table.Placement), "pg_dump, and pg_restore into a new database")}
		case is != table.Placement:
			left++
		case is != distribute.Local:
			placed++
		}
	}
	switch {
	case placed == 0:
		return []Finding{Good(name, "all tables are on the coordinator; pushloss distribute spreads them")}
	case left > 0:
		return []Finding{Warning(name, fmt.Sprintf("not on every worker where they belong: %s", english.Plural(left, "table", "")), "run: pushloss distribute")}
	}
	return []Finding{Good(name, fmt.Sprintf("%d tables are on the workers, as they belong", placed))}
}

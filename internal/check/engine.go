package check

import (
	"context"
	"fmt"

	"pushloss/internal/distribute"
	"pushloss/internal/postgres"
)

// Engine names what answers at DATABASE_URL, and refuses what pushloss cannot work with: a worker of
// a Citus cluster, engines without session advisory locks, and servers that are too old.
func Engine(ctx context.Context, pool *postgres.Pool, databaseURL string) Finding {
	const name = "engine"
	engine, err := postgres.ReadEngine(ctx, pool)
	if err == nil {
		err = postgres.CheckEngine(ctx, databaseURL)
	}
	if err == nil || postgres.Full(err) { // as the finding about connections says
		return Good(name, engine.String())
	}
	hint := postgres.Hint(err)
	if said, ok := err.(interface{ Hint() string }); ok {
		hint = said.Hint()
	}
	return Bad(name, err, hint)
}

// Distribution compares where the tables of a Citus database are with where they belong; nothing on
// other engines, and where nothing was distributed.
func Distribution(ctx context.Context, pool *postgres.Pool) []Finding {
	const name = "distribution"
	engine, err := postgres.ReadEngine(ctx, pool)
	if err != nil || engine.Citus == "" {
		return nil // as the finding about the engine says
	}
	now, err := distribute.Placements(ctx, pool)
	if err != nil {
		return []Finding{Bad(name, err, postgres.Hint(err))}
	}
	placed, left := 0, 0
	for _, table := range distribute.Tables() {
		is, found := now[table.Name]
		switch {
		case !found: // as the finding about the schema says
		case is != table.Placement && is != distribute.Local:
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
		return []Finding{Warning(name, fmt.Sprintf("%d tables are on the coordinator and belong on the workers", left), "run: pushloss distribute")}
	}
	return []Finding{Good(name, fmt.Sprintf("%d tables are on the workers, as they belong", placed))}
}

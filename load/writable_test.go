package load_test

import (
	"errors"
	"testing"

	"pushloss/internal/postgres"
)

// A guard of the server or the database is respected: it is there for a full disk.
func TestCheckWritableReportsAReadOnlyDatabase(t *testing.T) {
	t.Parallel()
	f := setup(t)
	must(t, f.db.CheckWritable(t.Context()))
	f.exec(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$`)
	db := open(t, f.url)
	var readOnly *postgres.ReadOnlyError
	if err := db.CheckWritable(t.Context()); !errors.As(err, &readOnly) || readOnly.Standby {
		t.Errorf("it says %v", err)
	}
}

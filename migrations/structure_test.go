package migrations_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/localpg/pgtest"
	"pushloss/migrations"
)

// The file that check and verify compare databases with is what the migrations make.
func TestStructureIsWhatTheMigrationsMake(t *testing.T) {
	t.Parallel()
	got, err := migrations.StructureOf(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(migrations.EmbeddedStructure(), got); diff != "" {
		t.Errorf("structure.txt is not what the migrations make: run go test ./migrations -run Structure -update (-file +made):\n%s", diff)
	}
}

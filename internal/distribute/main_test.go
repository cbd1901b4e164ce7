package distribute_test

import (
	"os"
	"testing"

	"pushloss/internal/localpg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

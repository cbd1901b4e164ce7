package page_test

import (
	"os"
	"testing"
	_ "time/tzdata"

	"pushloss/internal/localpg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

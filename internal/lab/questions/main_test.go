package questions_test

import (
	"os"
	"testing"

	"pushloss/internal/lab/program"
	"pushloss/internal/localpg/pgtest"
)

// binary is the program that fills the database.
var binary string

func TestMain(m *testing.M) {
	os.Exit(program.Main(func(path string) int {
		binary = path
		return pgtest.Main(m)
	}))
}

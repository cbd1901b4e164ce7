package chaos

import (
	"flag"
	"os"
	"testing"
	"time"

	"pushloss/internal/lab/program"
	"pushloss/internal/localpg/pgtest"
)

// binary is the program under test.
var binary string

// round is what the flags request.
var round struct {
	kills int
	seed  uint64
}

func TestMain(m *testing.M) {
	flag.IntVar(&round.kills, "kills", 20, "how often a process is killed")
	flag.Uint64Var(&round.seed, "seed", 0, "of everything that is decided by chance; 0 takes the clock's")
	flag.Parse()
	if round.seed == 0 {
		round.seed = uint64(time.Now().UnixNano())
	}
	os.Exit(program.Main(func(path string) int {
		binary = path
		return pgtest.Main(m)
	}))
}

package chaos

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"pushloss/internal/localpg/pgtest"
)

// binary is the program under test, built by TestMain.
var binary string

// round is what the flags ask for.
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
	dir, err := os.MkdirTemp("", "pushloss-chaos-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "pushloss")
	build := exec.Command("go", "build", "-o", binary, "pushloss/cmd/pushloss")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	code := 1
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the binary:", err)
	} else {
		code = pgtest.Main(m)
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

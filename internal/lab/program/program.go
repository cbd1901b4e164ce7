// Package program builds the binary for tests that run it as users do.
package program

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// variable names a binary that was already built, for all packages.
const variable = "PUSHLOSS_TEST_BINARY"

// Main builds the binary, unless the environment names one, and runs the tests of a
// package with its path. It returns the exit code for TestMain.
func Main(tests func(binary string) int) int {
	binary, remove, err := build()
	if err != nil {
		fmt.Fprintln(os.Stderr, "build the binary:", err)
		return 1
	}
	defer remove()
	return tests(binary)
}

func build() (binary string, remove func(), err error) {
	if binary := os.Getenv(variable); binary != "" {
		if !filepath.IsAbs(binary) {
			return "", nil, errors.New(variable + " must be an absolute path: tests run in many folders")
		}
		return binary, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "pushloss-program-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) }
	binary = filepath.Join(dir, "pushloss")
	// Built as by "make build", so that its objects are in the compiler's cache.
	command := exec.Command("go", "build", "-trimpath", "-o", binary, "pushloss/cmd/pushloss")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		remove()
		return "", nil, fmt.Errorf("%w\n%s", err, out)
	}
	return binary, remove, nil
}

// Command together runs a command, such as the tests of many packages, with one Postgres that all
// of its tests share.
//
//	go run ./internal/lab/together go test ./...
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"pushloss/internal/localpg/pgtest"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "together:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func run(args []string) (code int, err error) {
	if len(args) == 0 {
		return 2, errors.New("no command to run: name one, such as go test")
	}
	environment, stop, err := pgtest.Together()
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	command := exec.Command(args[0], args[1:]...)
	command.Env = append(os.Environ(), environment)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return max(exit.ExitCode(), 1), nil
		}
		return 1, err
	}
	return 0, nil
}

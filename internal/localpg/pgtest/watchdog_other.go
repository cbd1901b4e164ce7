//go:build !unix

package pgtest

import (
	"errors"
	"os/exec"
)

func ownGroup(*exec.Cmd) {}

func quit(int) error { return errors.ErrUnsupported }

//go:build !unix

package localpg

import (
	"context"
	"os"
	"os/exec"
)

func (a account) detach(*exec.Cmd) {}

func (a account) own(string) error { return nil }

func (a account) reaches(context.Context, string) bool { return true }

func owner(os.FileInfo) (uid, gid uint32, known bool) { return 0, 0, false }

func postmasterState(context.Context, int, string) processState { return processOurs }

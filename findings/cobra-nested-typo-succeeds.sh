#!/usr/bin/env bash
# A mistyped subcommand of a subcommand of cobra exits 0.
#
# Guess: "app tasks lsit" fails as "app lsit" does: unknown command, exit code 1.
# Seen: only the root checks it. A command that has subcommands and no Run prints its help and
# returns nil, whatever word follows: a cron job with a typo succeeds for ever.
. "$(dirname "$0")/lib.bash"
go_modules github.com/spf13/cobra@v1.10.2
echo "cobra 1.10.2"

cat >main.go <<'GO'
package main

import (
	"os"

	"github.com/spf13/cobra"
)

func main() {
	list := &cobra.Command{Use: "list", Run: func(*cobra.Command, []string) {}}
	tasks := &cobra.Command{Use: "tasks"}
	tasks.AddCommand(list)
	app := &cobra.Command{Use: "app"}
	app.AddCommand(tasks)
	if app.Execute() != nil {
		os.Exit(1)
	}
}
GO
go_program app
code() { ./app "$@" >/dev/null 2>&1; echo "exit code $?"; }
expect "app lsit" "$(code lsit)" "exit code 1"
expect "app tasks lsit" "$(code tasks lsit)" "exit code 0"
verdict

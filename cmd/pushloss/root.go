package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pushloss/internal/problem"
	"pushloss/internal/suggest"
)

func newRootCommand(env Environment) *cobra.Command {
	root := &cobra.Command{
		Use:   "pushloss",
		Short: "Keep the push-loss figures of Tencent Cloud Chat in Postgres",
		Long: `Tencent Cloud Chat's Push service reports how many pushes were lost and why, for 7
days at a time. pushloss pulls these figures day by day and keeps them in Postgres
for good, where any BI tool can query them.

All settings come from the environment; the README lists them.
Logs go to stderr, results to stdout. Exit codes: 0 done, 1 some windows failed,
2 usage or settings, 3 database, 4 the API refused the credentials or the
service, or clocks differ, 130 interrupted.`,
		Example: `  pushloss demo
  DATABASE_URL=embedded: pushloss status`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              exactly(cobra.NoArgs),
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return refuseEmpty(cmd) },
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &problem.UsageError{Problem: flagProblem(err), Remedy: "see " + cmd.CommandPath() + " --help"}
	})
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		newDemoCommand(env),
		newMigrateCommand(env),
		newAppsCommand(env),
		newTasksCommand(env),
		newRunCommand(env),
		newBackfillCommand(env),
		newReconcileCommand(env),
		newServeCommand(env),
		newJumpsCommand(env),
		newVerifyCommand(env),
		newReplayCommand(env),
		newPruneCommand(env),
		newGrantCommand(env),
		newRevokeCommand(env),
		newDistributeCommand(env),
		newDictionaryCommand(env),
		newCheckCommand(env),
		newCalibrateCommand(env),
		newStatusCommand(env),
		newNotifyCommand(env),
		newSandboxCommand(env),
		newVersionCommand(env),
		newProbeCommand(env),
	)
	return root
}

// exactly turns an error of cobra's argument check into a usage error. It takes the names of the
// arguments from the command's Use.
func exactly(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		err := check(cmd, args)
		if err == nil {
			return nil
		}
		_, wanted, _ := strings.Cut(cmd.Use, " ")
		takesNone := check(cmd, nil) == nil
		wrong := fmt.Sprintf("%s needs %s", cmd.CommandPath(), wanted)
		switch {
		case takesNone && cmd.HasSubCommands():
			wrong = unknownCommand(cmd, args[0])
		case takesNone:
			wrong = fmt.Sprintf("%s takes no argument, but has %q", cmd.CommandPath(), args[0])
		case len(args) > 0:
			wrong = fmt.Sprintf("%s takes one argument, %s, but has %d", cmd.CommandPath(), wanted, len(args))
		}
		return &problem.UsageError{Problem: wrong, Remedy: "see " + cmd.CommandPath() + " --help"}
	}
}

// flagProblem says what is wrong with a flag. It replaces the texts of strconv's errors.
func flagProblem(err error) string {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err.Error()
	}
	var why string
	switch kind := invalid.GetFlag().Value.Type(); {
	case kind == new(appNumber).Type():
		why = fmt.Sprintf("is not an SDKAppID: give a number from 1 to %d", uint32(math.MaxUint32))
	case errors.Is(err, strconv.ErrRange):
		why = "is out of range"
	case !errors.Is(err, strconv.ErrSyntax):
		why = "is not known: " + invalid.Unwrap().Error()
	case kind == "bool":
		why = "is not true or false"
	case strings.HasPrefix(kind, "uint"):
		why = "is not a whole number from 0"
	case strings.HasPrefix(kind, "float"):
		why = "is not a number"
	default:
		why = "is not a whole number"
	}
	return fmt.Sprintf("--%s: %q %s", invalid.GetFlag().Name, invalid.GetValue(), why)
}

func unknownCommand(parent *cobra.Command, name string) string {
	var names []string
	for _, command := range parent.Commands() {
		if command.IsAvailableCommand() {
			names = append(names, command.Name())
		}
	}
	return fmt.Sprintf("unknown command %q for %q%s", name, parent.CommandPath(), suggest.Near(name, names))
}

// parent returns a command that only holds others.
func parent(use, short string, children ...*cobra.Command) *cobra.Command {
	command := &cobra.Command{
		Use: use, Short: short,
		RunE: func(cmd *cobra.Command, args []string) error {
			wrong := cmd.CommandPath() + " needs a subcommand"
			if len(args) > 0 {
				wrong = unknownCommand(cmd, args[0])
			}
			return &problem.UsageError{Problem: wrong, Remedy: "see " + cmd.CommandPath() + " --help"}
		},
	}
	command.AddCommand(children...)
	return command
}

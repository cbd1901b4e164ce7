package main

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pushloss/internal/problem"
)

// appNumber is the value of --app; 0 if it is not given.
type appNumber int64

// appFlag adds --app.
func appFlag(command *cobra.Command, usage string) *int64 {
	var id int64
	command.Flags().Var((*appNumber)(&id), "app", usage)
	return &id
}

func (n *appNumber) String() string { return strconv.FormatInt(int64(*n), 10) }
func (n *appNumber) Type() string   { return "SDKAppID" }

// Set refuses 0, which would stand for all apps.
func (n *appNumber) Set(text string) error {
	id, err := strconv.ParseUint(text, 10, 32)
	if err == nil && id == 0 {
		err = strconv.ErrRange
	}
	*n = appNumber(id)
	return err
}

// refuseEmpty refuses options with an empty value, as an unset variable of a script leaves them:
// the command would do what it does without the option. A label may be empty.
func refuseEmpty(command *cobra.Command) (err error) {
	command.Flags().Visit(func(given *pflag.Flag) {
		if given.Value.Type() == "string" && given.Name != "label" && strings.TrimSpace(given.Value.String()) == "" {
			err = &problem.UsageError{Problem: "--" + given.Name + " is empty", Remedy: "give its value, or leave the option out"}
		}
	})
	return err
}

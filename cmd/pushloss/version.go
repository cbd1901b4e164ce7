package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"pushloss/migrations"
)

// version is set by the linker in releases.
var version = ""

func newVersionCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:     "version",
		Short:   "Print the version of the program and of its schema",
		Example: "  pushloss version",
		Args:    exactly(cobra.NoArgs),
	}
	output := outputFlag(command)
	command.RunE = func(*cobra.Command, []string) error {
		v := struct {
			Version string `json:"version"`
			Schema  int    `json:"schema"`
			Go      string `json:"go"`
		}{programVersion(), migrations.Newest(), runtime.Version()}
		if *output == asJSON {
			return printJSON(env.Stdout, v)
		}
		_, err := fmt.Fprintf(env.Stdout, "pushloss %s, schema %d, %s\n", v.Version, v.Schema, v.Go)
		return err
	}
	return command
}

func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"pushloss/internal/config"
	"pushloss/internal/problem"
)

// newProbeCommand returns a command that asks a daemon on this host whether it is healthy. An image
// that has only the binary has no other program for that.
func newProbeCommand(env Environment) *cobra.Command {
	return &cobra.Command{
		Use:    "probe",
		Short:  "Ask the daemon at PUSHLOSS_HTTP_ADDR whether it is healthy (for containers)",
		Hidden: true,
		Args:   exactly(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := configureSilently(cmd, env, config.Needs{})
			if err != nil {
				return err
			}
			host, port, err := net.SplitHostPort(a.settings.HTTPAddr)
			if err != nil {
				return &problem.UsageError{Problem: "PUSHLOSS_HTTP_ADDR: " + err.Error()}
			}
			if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
				host = "127.0.0.1"
			}
			request, err := http.NewRequestWithContext(cmd.Context(), http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
			if err != nil {
				return err
			}
			response, err := (&http.Client{Timeout: 5 * time.Second}).Do(request)
			if err != nil {
				// Not wrapped: exitCode would take a refused connection for the database's.
				return fmt.Errorf("the daemon does not answer: %v", err)
			}
			defer response.Body.Close()
			text, _ := io.ReadAll(io.LimitReader(response.Body, 1024))
			if response.StatusCode != http.StatusOK {
				return fmt.Errorf("the daemon answers HTTP %d: %s", response.StatusCode, text)
			}
			_, err = env.Stdout.Write(text)
			return err
		},
	}
}

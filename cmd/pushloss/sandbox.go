package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/config"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/problem"
	"pushloss/internal/secret"
)

// sandboxKey is not a secret: the sandbox's figures are made up.
const sandboxKey = "sandbox-secret-key"

// sandboxGrace bounds the wait for requests under way at the end.
const sandboxGrace = 5 * time.Second

func newSandboxCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve a stand-in of the API, to try things with curl",
		Long: `Serves a stand-in of the push-loss and push-statistics APIs with made-up but
repeatable figures, until it is stopped. Its streams:
` + sandboxStreams() + `
` + sandbox.ScheduledPath + ` lists one scheduled push a day, at 10:00 UTC.

GET /sandbox/stats returns the calls and the smallest time between two.
GET /sandbox/truth?stream=&sdkappid=&taskid=&start=&end= returns the correct figures;
start and end are Unix seconds.

Faults (--fault NAME, may be repeated):
` + sandboxFaults() + `

Selectors (after a colon, separated by commas) say when. A fault that changes the truth
takes only app and task, and those that its line names:
  after=N                      only the calls after the first N; every and first count from there
  every=N                      only each Nth call
  first=N                      only the first N calls
  app=SDKAPPID                 only calls of this app
  stream=NAME                  only calls of this stream
  task=ID                      only calls that ask for this task; overall: for the overall figures
  day=D                        only windows that touch this day
  from=D, to=D                 only windows that touch these days

Incidents (--incident KIND:from=D,to=D) lose a share of a channel's pushes on these days,
in every app. With an incident, the figures follow people's habits: fewer pushes on
weekends (--weekend), more each day (--growth). GET /sandbox/incidents?sdkappid= returns
what breaks:
` + sandboxIncidents() + `
After a colon: from=D, to=D (included) and share=SHARE of the channel's pushes.`,
		Example: `  pushloss sandbox --app 1400000001
  pushloss sandbox --fault http-500:every=7 --fault duplicate-rows
  pushloss sandbox --fault http-500:stream=statistics,first=1
  pushloss sandbox --fault end-inclusive --fault day-figures=UTC:by=touch
  pushloss sandbox --incident revoked-key:from=2025-03-09,to=2025-03-11,share=0.4`,
		Args: exactly(cobra.NoArgs),
	}
	command.AddCommand(newFillCommand(env))
	flags := command.Flags()
	addr := flags.String("addr", "127.0.0.1:9470", "address to listen on")
	apps := flags.Int64Slice("app", []int64{1400000001}, "SDKAppIDs to serve")
	key := flags.String("secret-key", sandboxKey, "secret key of every app")
	admins := flags.StringSlice("admin", []string{"administrator"}, "identifiers that may call")
	seed := flags.Uint64("seed", 1, "another seed gives other figures")
	rows := flags.Int("rows", 0, "rows of each task on each full day; 0 is a varying number, at most 24")
	rate := flags.Float64("rate", 1, "calls per second that an app is allowed; 0 is no limit")
	zone := flags.String("timezone", "Asia/Shanghai", "time zone of the days in faults")
	faults := flags.StringArray("fault", nil, "switch a fault on; see above")
	incidents := flags.StringArray("incident", nil, "break something; see above")
	weekend := flags.Float64("weekend", 0.6, "with incidents: pushes of a day at the weekend, as a share of a weekday's")
	growth := flags.Float64("growth", 0, "with incidents: growth of the pushes from day to day; 0.01 is 1 %")
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		a, err := configure(cmd, env, config.Needs{})
		if err != nil {
			return err
		}
		location, err := calendar.ParseZone(*zone)
		if err != nil {
			return &problem.UsageError{Problem: "--timezone: " + err.Error()}
		}
		cfg := sandbox.Config{Seed: *seed, Rows: *rows, CallsPerSecond: *rate, Location: location, Now: env.Now, Log: a.log}
		for _, id := range *apps {
			cfg.Apps = append(cfg.Apps, sandbox.App{SDKAppID: id, SecretKey: *key, Admins: *admins})
		}
		if len(*incidents) > 0 {
			life := sandbox.Life{Weekend: *weekend, Growth: *growth, Since: env.Now()}
			for _, text := range *incidents {
				incident, err := sandbox.ParseIncident(text, location)
				if err != nil {
					return &problem.UsageError{Problem: "--incident: " + err.Error()}
				}
				life.Incidents = append(life.Incidents, incident)
			}
			cfg.Lives = make(map[int64]sandbox.Life)
			for _, id := range *apps {
				cfg.Lives[id] = life
			}
		}
		if cfg.Faults, err = sandbox.ParseFaults(*faults...); err != nil {
			return &problem.UsageError{Problem: "--fault: " + err.Error()}
		}
		api, err := sandbox.New(cfg)
		if err != nil {
			return &problem.UsageError{Problem: err.Error()}
		}
		listener, err := net.Listen("tcp", *addr)
		if err != nil {
			return &problem.UsageError{Problem: "--addr: " + err.Error(), Remedy: "give a free address, such as 127.0.0.1:0"}
		}
		fmt.Fprintf(env.Stdout, "the sandbox serves at http://%s\n", listener.Addr())
		err = serveUntil(cmd.Context(), listener, api)
		for _, app := range api.Stats().Apps {
			fmt.Fprintf(env.Stdout, "app %d: %s, smallest gap %s\n", app.SDKAppID, many(app.Calls, "call"), app.SmallestGap)
		}
		return err
	}
	return command
}

func sandboxStreams() string {
	var b strings.Builder
	for _, stream := range sandbox.StreamInfos() {
		fmt.Fprintf(&b, "  %-16s %s\n", stream.Name, stream.Path)
	}
	return strings.TrimRight(b.String(), "\n")
}

func sandboxIncidents() string {
	var b strings.Builder
	for _, kind := range sandbox.IncidentInfos() {
		fmt.Fprintf(&b, "  %-28s %s\n", kind.Syntax, kind.Help)
	}
	return strings.TrimRight(b.String(), "\n")
}

func sandboxFaults() string {
	var b strings.Builder
	for _, fault := range sandbox.Faults() {
		fmt.Fprintf(&b, "  %-28s %s\n", fault.Syntax, fault.Help)
	}
	return strings.TrimRight(b.String(), "\n")
}

// serveUntil serves HTTP until ctx ends.
func serveUntil(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case <-ctx.Done():
	case err := <-ended:
		return err
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), sandboxGrace)
	defer cancel()
	if err := server.Shutdown(closing); err != nil {
		_ = server.Close() // an answer that a fault holds back never ends
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// startSandbox serves a sandbox for one app inside this process.
func startSandbox(ctx context.Context, env Environment, sdkAppID int64) (baseURL string, stop func(), err error) {
	api, err := sandbox.New(sandbox.Config{
		Apps: []sandbox.App{{SDKAppID: sdkAppID, SecretKey: sandboxKey}}, Seed: 1, CallsPerSecond: 1, Now: env.Now,
	})
	if err != nil {
		return "", nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("start the sandbox: %w", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		_ = serveUntil(ctx, listener, api)
		close(ended)
	}()
	return "http://" + listener.Addr().String(), func() { cancel(); <-ended }, nil
}

// demoAccount calls the sandbox as its administrator.
func demoAccount(sdkAppID int64, baseURL string) extract.Account {
	return extract.Account{
		SDKAppID: sdkAppID, SecretKey: secret.New(sandboxKey),
		Identifier: sandbox.DefaultAdmin, BaseURLs: []string{baseURL},
	}
}

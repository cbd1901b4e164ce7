package localpg

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// choosePort returns the port for a server to start.
func (p place) choosePort(ctx context.Context, o Options) (int, error) {
	if o.Port != 0 {
		if portFree(ctx, o.Port) {
			return o.Port, nil
		}
		return 0, portTaken(o.Port)
	}
	remembered := p.rememberedPort()
	if remembered != 0 && portFree(ctx, remembered) {
		return remembered, nil
	}
	port, err := freePort(ctx)
	if err != nil {
		return 0, fmt.Errorf("local database: find a free port: %w", err)
	}
	if remembered != 0 {
		o.Log.Info("the local database moves to another port, because its last one is in use", "last_port", remembered, "port", port)
	}
	return port, nil
}

func portTaken(port int) error {
	return &Error{
		Kind:    ErrPortTaken,
		Problem: fmt.Sprintf("port %d on 127.0.0.1 is in use by another program", port),
		Remedy:  "choose another port, or none to have a free one picked",
	}
}

// rememberedPort returns the port of the last start; 0 if there is none. A broken file does not
// prevent the start.
func (p place) rememberedPort() int {
	text, err := os.ReadFile(p.portFile())
	if err != nil {
		return 0
	}
	port, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || port < 1 || port > 65535 {
		return 0
	}
	return port
}

func (p place) rememberPort(port int) error {
	if p.rememberedPort() == port {
		return nil
	}
	if err := writeFile(p.portFile(), strconv.Itoa(port)+"\n", 0o644); err != nil {
		return fmt.Errorf("local database: note its port: %w", err)
	}
	return nil
}

func portFree(ctx context.Context, port int) bool {
	_, err := listen(ctx, port)
	return err == nil
}

func freePort(ctx context.Context) (int, error) { return listen(ctx, 0) }

// listen tries to listen on a port, as Postgres will, and returns its number.
func listen(ctx context.Context, port int) (int, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return 0, err
	}
	got := l.Addr().(*net.TCPAddr).Port
	return got, l.Close()
}

package main_test

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"testing"
)

// A daemon outlives the reader of its log, and its terminal.
func TestServeOutlivesTheReaderOfItsLogAndItsTerminal(t *testing.T) {
	t.Parallel()
	w := setup(t)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	w.env["PUSHLOSS_HTTP_ADDR"] = "127.0.0.1:0"
	daemon := &process{t: t, cmd: exec.Command(binary, "serve"), ended: make(chan struct{})}
	for key, value := range w.env {
		daemon.cmd.Env = append(daemon.cmd.Env, key+"="+value)
	}
	daemon.cmd.Stdout, daemon.cmd.Stderr = writer, writer
	if err := daemon.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	go func() {
		daemon.err = daemon.cmd.Wait()
		close(daemon.ended)
	}()
	t.Cleanup(func() {
		daemon.signal(os.Kill)
		<-daemon.ended
	})
	var address string
	lines := bufio.NewScanner(reader)
	for address == "" && lines.Scan() {
		if found := regexp.MustCompile(`msg=serving http=(\S+)`).FindStringSubmatch(lines.Text()); found != nil {
			address = found[1]
		}
	}
	reader.Close()
	daemon.signal(syscall.SIGHUP)
	// The first run continues, and nobody reads its log.
	metrics(t, address, `pushloss_runs_total{state="done"} 1`)
	if status, _ := get(t, "http://"+address+"/readyz"); status != http.StatusOK {
		t.Errorf("/readyz answers %d", status)
	}
	daemon.signal(syscall.SIGTERM)
	daemon.endedWith(0)
}

#!/usr/bin/env bash
# Go ignores a proxy whose address it cannot parse: each request goes out directly, without an error.
#
# Guess: an error from the first request on. The password p%w needs percent-encoding in a URL, and curl takes it as it is. Go either does so too, or refuses it.
# Seen: http.ProxyFromEnvironment returns no proxy and no error, so that everything leaves directly. Where only the proxy may call out, that is a time-out that says nothing of a proxy; elsewhere
# nobody notices. A password with / or # or a blank makes Go look for a proxy on a host that is named http.
. "$(dirname "$0")/lib.bash"
need go curl
mkdir "$dir/go" && cd "$dir/go" || exit 1
export GOFLAGS=-mod=mod GOWORK=off
go mod init finding >/dev/null 2>&1
echo "$(go version | cut -d' ' -f3), $(curl --version | head -1 | cut -d' ' -f1,2)"

cat >main.go <<'GO'
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
)

func main() {
	if os.Args[1] == "get" {
		response, err := http.Get(os.Args[2])
		var lookup *net.DNSError
		if errors.As(err, &lookup) {
			fmt.Print("looks for the host ", lookup.Name)
			return
		}
		if err != nil {
			panic(err)
		}
		io.Copy(os.Stdout, response.Body)
		return
	}
	// The host does not exist, so that only a proxy answers.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "the proxy answers") }))
	address := "http://user:" + os.Args[2] + "@" + server.Listener.Addr().String()
	command := exec.Command(os.Args[0], "get", "http://server.invalid/")
	if os.Args[1] == "curl" {
		command = exec.Command("curl", "-s", "http://server.invalid/")
	}
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "http_proxy=" + address}
	output, _ := command.Output()
	fmt.Println(string(output))
}
GO
go build -o ask . 2>"$dir/build.log" || { cat "$dir/build.log"; exit 1; }
ask() { ./ask "$@" 2>&1; }
expect "Go: password pw" "$(ask go 'pw')" "the proxy answers"
expect "Go: password p%w" "$(ask go 'p%w')" "looks for the host server.invalid"
expect "curl: password p%w" "$(ask curl 'p%w')" "the proxy answers"
expect "Go: password p/w" "$(ask go 'p/w')" "looks for the host http"
expect "Go: password p%25w" "$(ask go 'p%25w')" "the proxy answers"
verdict

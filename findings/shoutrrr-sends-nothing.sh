#!/usr/bin/env bash
# shoutrrr says that a message was sent when its target redirected it, and the message is lost.
#
# Guess: a webhook that answers a POST with 302 is an error, or the message is posted to the new address.
# Seen: net/http follows 301, 302 and 303 by a GET without a body, as browsers do. The page there answers
# 200, and Send returns nil. A 304 is a success as well; so is ntfy's answer of 200 that holds an error.
. "$(dirname "$0")/lib.bash"
go_modules github.com/nicholas-fedor/shoutrrr@v0.13.2
echo "shoutrrr 0.13.2"

cat >main.go <<'GO'
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"

	"github.com/nicholas-fedor/shoutrrr"
)

func main() {
	code, _ := strconv.Atoi(os.Args[2])
	came := "nothing"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/moved":
			body, _ := io.ReadAll(r.Body)
			came = r.Method + " of " + strconv.Itoa(len(body)) + " bytes"
		case code == 200:
			io.WriteString(w, `{"code": 40301, "http": 403, "error": "forbidden"}`)
		case code == 304:
			w.WriteHeader(code)
		default:
			http.Redirect(w, r, "/moved", code)
		}
	}))
	defer server.Close()
	err := shoutrrr.Send(strings.Replace(os.Args[1], "HOST", strings.TrimPrefix(server.URL, "http://"), 1), "the disk is full")
	fmt.Printf("error %v; at the new address: %s\n", err, came)
}
GO
go_program send
expect "a webhook answers 302" "$(./send 'generic://HOST/hook?disabletls=yes' 302)" "error <nil>; at the new address: GET of 0 bytes"
expect "a webhook answers 304" "$(./send 'generic://HOST/hook?disabletls=yes' 304)" "error <nil>; at the new address: nothing"
expect "ntfy answers 200 with an error" "$(./send 'ntfy://HOST/topic?scheme=http' 200)" "error <nil>; at the new address: nothing"
verdict

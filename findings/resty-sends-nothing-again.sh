#!/usr/bin/env bash
# resty repeats a failed POST without its body, and reports success.
#
# Guess: the body is sent again, as net/http does with a strings.Reader, or the second attempt is an error.
# Seen: after an answer 503 the second attempt has no body, for a strings.Reader and a bytes.Buffer too. A server that takes an empty body answers 200, and
# nothing is reported. A file of SetFileReader is missing in the same way. A body that is a string or bytes is sent again. go-retryablehttp sends every kind again.
. "$(dirname "$0")/lib.bash"
go_modules github.com/go-resty/resty/v2@v2.17.2 github.com/hashicorp/go-retryablehttp@v0.7.8
echo "resty 2.17.2, go-retryablehttp 0.7.8"

cat >main.go <<'GO'
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"
	"github.com/hashicorp/go-retryablehttp"
)

func main() {
	var bodies []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if file, _, err := r.FormFile("file"); err == nil {
			r.Body = file
		}
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, fmt.Sprintf("%q", body))
		if len(bodies) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	status, err := 0, error(nil)
	if os.Args[1] == "go-retryablehttp" {
		client := retryablehttp.NewClient()
		client.Logger, client.RetryWaitMin = nil, time.Millisecond
		var answer *http.Response
		if answer, err = client.Post(server.URL, "text/plain", strings.NewReader("12 losses")); err == nil {
			status = answer.StatusCode
		}
	} else {
		client := resty.New().SetRetryCount(2).SetRetryWaitTime(time.Millisecond)
		client.AddRetryCondition(func(r *resty.Response, _ error) bool { return r.StatusCode() >= 500 })
		request := client.R()
		switch os.Args[1] {
		case "reader":
			request.SetBody(strings.NewReader("12 losses"))
		case "string":
			request.SetBody("12 losses")
		case "file":
			request.SetFileReader("file", "losses.csv", strings.NewReader("12 losses"))
		}
		var answer *resty.Response
		answer, err = request.Post(server.URL)
		status = answer.StatusCode()
	}
	fmt.Println(strings.Join(bodies, ", then "), "and", status, err)
}
GO
go build -o ask . 2>"$dir/build.log" || { cat "$dir/build.log"; exit 1; }
expect "resty, strings.NewReader" "$(./ask reader)" '"12 losses", then "" and 200 <nil>'
expect "resty, SetFileReader" "$(./ask file)" '"12 losses", then "" and 200 <nil>'
expect "resty, a string" "$(./ask string)" '"12 losses", then "12 losses" and 200 <nil>'
expect "go-retryablehttp, strings.NewReader" "$(./ask go-retryablehttp)" '"12 losses", then "12 losses" and 200 <nil>'
verdict

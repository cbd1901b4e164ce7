#!/usr/bin/env bash
# failsafe-go repeats a request at once, three times, if Retry-After has a date.
#
# Guess: it waits until the date, or by its own default, as it does for seconds: both forms are in RFC 9110, and hashicorp's retryablehttp reads both.
# Seen: it reads whole seconds only. For a date the delay is that of the policy, which is none by default: the attempts follow one another within milliseconds, so a service that asked for
# quiet gets them all, and the call fails within milliseconds. Seconds are waited for.
. "$(dirname "$0")/lib.bash"
go_modules github.com/failsafe-go/failsafe-go@v0.9.8 github.com/hashicorp/go-retryablehttp@v0.7.8
echo "failsafe-go 0.9.8, go-retryablehttp 0.7.8"

cat >"$dir/go/main.go" <<'GO'
package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go/failsafehttp"
	"github.com/hashicorp/go-retryablehttp"
)

// main makes one call of a service that asks for 3 seconds of quiet, and prints how many attempts came within that time.
func main() {
	var begin time.Time
	var early atomic.Int64
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		now := time.Now()
		if begin.IsZero() {
			begin = now
		} else if now.Sub(begin) < time.Second {
			early.Add(1)
		} else {
			return
		}
		w.Header().Set("Retry-After", "3")
		if os.Args[2] == "date" {
			w.Header().Set("Retry-After", begin.Add(4*time.Second).UTC().Format(http.TimeFormat))
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer service.Close()
	client := &http.Client{Transport: failsafehttp.NewRoundTripper(nil, failsafehttp.NewRetryPolicyBuilder().WithMaxRetries(3).Build())}
	if os.Args[1] == "retryablehttp" {
		retrying := retryablehttp.NewClient()
		retrying.Logger, retrying.RetryMax, retrying.RetryWaitMin = nil, 3, time.Millisecond
		client = retrying.StandardClient()
	}
	answer, err := client.Get(service.URL)
	if err != nil {
		reason, _, _ := strings.Cut(err.Error(), ". ")
		fmt.Println(early.Load(), reason[strings.LastIndex(reason, ": ")+2:])
		return
	}
	answer.Body.Close()
	fmt.Println(early.Load(), answer.StatusCode)
}
GO
go_program ask
ask() { ./ask "$@" 2>&1; }
expect "failsafe-go, Retry-After: 3: attempts in the first second after the first one, and the end" "$(ask failsafe seconds)" "0 200"
expect "failsafe-go, Retry-After with a date" "$(ask failsafe date)" "3 retries exceeded"
expect "go-retryablehttp, Retry-After: 3" "$(ask retryablehttp seconds)" "0 200"
expect "go-retryablehttp, Retry-After with a date" "$(ask retryablehttp date)" "0 200"
verdict

#!/usr/bin/env bash
# A histogram of client_golang has the bucket le="1" for curl and le="1.0" for Prometheus.
#
# Guess: what curl shows of /metrics is what Prometheus stores, so a rule may copy a label from it.
# Seen: with EnableOpenMetrics the handler writes OpenMetrics to those that ask for it, as Prometheus does, and the
# text format to others. Whole bounds are written differently in both. An alert on {le="1"} never fires (Prometheus before
# version 3 stores labels as they come).
. "$(dirname "$0")/lib.bash"
go_modules github.com/prometheus/client_golang@v1.25.0
echo "client_golang 1.25.0"

cat >main.go <<'GO'
package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"regexp"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func main() {
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewHistogram(prometheus.HistogramOpts{Name: "wait_seconds", Buckets: []float64{1, 2.5}}))
	request := httptest.NewRequest("GET", "/metrics", nil)
	request.Header.Set("Accept", os.Args[1])
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}).ServeHTTP(answer, request)
	fmt.Println(regexp.MustCompile(`le="[^"]*"`).FindAllString(answer.Body.String(), -1))
}
GO
go_program ask
expect "as curl asks" "$(./ask '*/*')" '[le="1" le="2.5" le="+Inf"]'
expect "as Prometheus asks" "$(./ask 'application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5')" '[le="1.0" le="2.5" le="+Inf"]'
verdict

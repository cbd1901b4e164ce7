#!/usr/bin/env bash
# go-envconfig reads a number or a duration that is set to nothing as 0: no default, no error, and "required" is content.
#
# Guess: RETRIES= in a file of docker is an error ("" is not a number), or counts as not set, so that
# the default of 3 holds.
# Seen: 0. A timeout with a default of 5s is 0s, which many a library takes for none.
. "$(dirname "$0")/lib.bash"
go_modules github.com/sethvargo/go-envconfig@v1.4.3
echo "go-envconfig 1.4.3"

cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/sethvargo/go-envconfig"
)

func main() {
	var settings struct {
		Retries int           `env:"RETRIES, default=3"`
		Timeout time.Duration `env:"TIMEOUT, default=5s"`
		Batch   int           `env:"BATCH, required"`
	}
	err := envconfig.Process(context.Background(), &settings)
	fmt.Printf("%+v %v\n", settings, err)
}
GO
go build -o ask . 2>"$dir/build.log" || { cat "$dir/build.log"; exit 1; }
expect "RETRIES and TIMEOUT not set" "$(BATCH=1 ./ask)" "{Retries:3 Timeout:5s Batch:1} <nil>"
expect "RETRIES=, TIMEOUT= and BATCH= set to nothing" "$(RETRIES='' TIMEOUT='' BATCH='' ./ask)" "{Retries:0 Timeout:0s Batch:0} <nil>"
verdict

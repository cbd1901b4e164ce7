#!/usr/bin/env bash
# gocsv reads the number 0410 in a CSV as 264, and 12.9 as 12.
#
# Guess: 410, as csvutil and strconv.Atoi read it; 12.9 for an int is an error.
# Seen: a zero in front makes the number octal, as in Go's source text. Only an 8 or a 9 in such a number is an error.
# What is behind a point is cut off. An empty text is 0. csvutil reads 410, and refuses 12.9 and an empty text.
. "$(dirname "$0")/lib.bash"
go_modules github.com/gocarina/gocsv@v0.0.0-20240520201108-78e41c74b4b1 github.com/jszwec/csvutil@v1.10.0
echo "gocsv v0.0.0-20240520201108, csvutil 1.10.0"

cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"

	"github.com/gocarina/gocsv"
	"github.com/jszwec/csvutil"
)

type row struct {
	Count int `csv:"count"`
}

func main() {
	file := []byte("count,note\n" + os.Args[2] + ",x\n")
	var rows []row
	var err error
	if os.Args[1] == "gocsv" {
		err = gocsv.UnmarshalBytes(file, &rows)
	} else {
		err = csvutil.Unmarshal(file, &rows)
	}
	if err != nil {
		fmt.Println("error")
		return
	}
	fmt.Println(rows[0].Count)
}
GO
go build -o ask . 2>"$dir/build.log" || { cat "$dir/build.log"; exit 1; }
all() { for text in 410 0410 0900 12.9 0x10 ""; do ./ask "$1" "$text"; done | paste -sd' '; }
expect "gocsv: 410, 0410, 0900, 12.9, 0x10 and nothing for an int" "$(all gocsv)" "410 264 error 12 16 0"
expect "csvutil: the same" "$(all csvutil)" "410 410 900 error error error"
verdict

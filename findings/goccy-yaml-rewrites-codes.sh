#!/usr/bin/env bash
# goccy/go-yaml reads the code 0410 into a Go string as "264", 0x1F as "31" and 12.10 as "12.1", also if the tag !!str says that it is a text.
#
# Guess: a string gets the text of the file, as yaml.v3 gives it, since its type says what is wanted. Only for a field of type any a code needs quotes.
# Seen: the number is read first, and printed into the string. 1e3 and 09 stay as they are, so a list of codes is right up to the first one that is an octal number by chance.
# sigs.k8s.io/yaml does the same without !!str, and with 1e3 and 09 too. yaml.v3 keeps each text, but reads 5.5 into an int64 as 5, without an error, as goccy does; yaml v4 refuses it.
# Quotes keep the text in every library.
. "$(dirname "$0")/lib.bash"
go_modules github.com/goccy/go-yaml@v1.19.2 sigs.k8s.io/yaml@v1.6.0 go.yaml.in/yaml/v3@v3.0.6 go.yaml.in/yaml/v4@v4.0.0
echo "goccy/go-yaml 1.19.2, sigs.k8s.io/yaml 1.6.0, go.yaml.in/yaml 3.0.6 and 4.0.0"

cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"

	goccy "github.com/goccy/go-yaml"
	v3 "go.yaml.in/yaml/v3"
	v4 "go.yaml.in/yaml/v4"
	sigs "sigs.k8s.io/yaml"
)

type text struct {
	V string `yaml:"v" json:"v"`
}

type number struct {
	V int64 `yaml:"v" json:"v"`
}

func main() {
	read := map[string]func([]byte, any) error{
		"goccy": func(file []byte, into any) error { return goccy.Unmarshal(file, into) },
		"sigs":  func(file []byte, into any) error { return sigs.Unmarshal(file, into) },
		"v3":    v3.Unmarshal,
		"v4":    func(file []byte, into any) error { return v4.Unmarshal(file, into) },
	}[os.Args[1]]
	for _, value := range os.Args[3:] {
		file := []byte("v: " + value + "\n")
		t, n := text{}, number{}
		if os.Args[2] == "text" {
			err := read(file, &t)
			fmt.Print(show(t.V, err), " ")
		} else {
			err := read(file, &n)
			fmt.Print(show(n.V, err), " ")
		}
	}
}

func show(value any, err error) string {
	if err != nil {
		return "error"
	}
	return fmt.Sprint(value)
}
GO
go_program ask
ask() { ./ask "$@" 2>&1 | sed 's/ $//'; }
codes=(0410 410 0x1F 1_000 12.10 1e3 09 "!!str 0410" '"0410"')
expect "yaml.v3, a string: ${codes[*]}" "$(ask v3 text "${codes[@]}")" "0410 410 0x1F 1_000 12.10 1e3 09 0410 0410"
expect "goccy, the same" "$(ask goccy text "${codes[@]}")" "264 410 31 1000 12.1 1e3 09 264 0410"
expect "sigs.k8s.io/yaml, the same" "$(ask sigs text "${codes[@]}")" "264 410 31 1000 12.1 1000 9 0410 0410"
expect "yaml.v3, an int64: 5.5" "$(ask v3 number 5.5)" "5"
expect "goccy, an int64: 5.5" "$(ask goccy number 5.5)" "5"
expect "yaml v4, an int64: 5.5" "$(ask v4 number 5.5)" "error"
expect "sigs.k8s.io/yaml, an int64: 5.5" "$(ask sigs number 5.5)" "error"
verdict

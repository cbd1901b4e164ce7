#!/usr/bin/env bash
# In Go, copier, mapstructure (and koanf, which reads settings with it), cast and two packages for MessagePack put 3000000000 into an int32 as -1294967296, without an error. copier turns the code 410, a number, into the letter ƚ.
#
# Guess: as encoding/json does, they report a number that the field does not hold; 410 as a text is "410".
# Seen: they set the field by a conversion of Go, which keeps the low bits, and cuts a fraction: 2.9 is 2. For a text, the same conversion takes the number as that of a letter. mapstructure refuses -1 for a uint64, and with WeakDecode it is
# 18446744073709551615 and the text 0410 is 264; cast.ToInt32E, whose second result is an error, wraps the text too.
. "$(dirname "$0")/lib.bash"
go_modules github.com/jinzhu/copier@v0.4.0 github.com/go-viper/mapstructure/v2@v2.5.0 github.com/knadh/koanf/v2@v2.4.1 github.com/knadh/koanf/providers/confmap@v1.0.1 \
    github.com/spf13/cast@v1.10.0 github.com/vmihailenco/msgpack/v5@v5.4.1 github.com/shamaton/msgpack/v2@v2.4.0
echo "copier 0.4.0, mapstructure 2.5.0, koanf 2.4.1, cast 1.10.0, vmihailenco/msgpack 5.4.1, shamaton/msgpack 2.4.0, $(go version | cut -d' ' -f3)"

cat >"$dir/go/main.go" <<'GO'
package main

import (
	"encoding/json"
	"fmt"

	"github.com/go-viper/mapstructure/v2"
	"github.com/jinzhu/copier"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
	shamaton "github.com/shamaton/msgpack/v2"
	"github.com/spf13/cast"
	vmihailenco "github.com/vmihailenco/msgpack/v5"
)

type from struct {
	N    int64
	Rate float64
	Code int
}

type to struct {
	N    int32
	Rate int
	Code string
}

type counts struct {
	N    int32
	Rate int
	U    uint64
}

// It prints a line for each question, in a fixed order.
func main() {
	var copied to
	err := copier.Copy(&copied, from{N: 3000000000, Rate: 2.9, Code: 410})
	print(fmt.Sprintf("%d %d %s", copied.N, copied.Rate, copied.Code), err)

	values := map[string]any{"N": 3000000000, "Rate": 2.9}
	var read counts
	err = mapstructure.Decode(values, &read)
	print(fmt.Sprintf("%d %d", read.N, read.Rate), err)
	err = mapstructure.Decode(map[string]any{"U": -1}, &counts{})
	print("nothing", err)
	read = counts{}
	err = mapstructure.WeakDecode(map[string]any{"Rate": "0410", "U": -1}, &read)
	print(fmt.Sprintf("%d %d", read.Rate, read.U), err)

	settings := koanf.New(".")
	if err := settings.Load(confmap.Provider(values, "."), nil); err != nil {
		print("nothing", err)
	}
	read = counts{}
	err = settings.Unmarshal("", &read)
	print(fmt.Sprintf("%d %d", read.N, read.Rate), err)

	n, err := cast.ToInt32E(3000000000)
	print(n, err)
	n, err = cast.ToInt32E("3000000000")
	print(n, err)

	data, err := vmihailenco.Marshal(3000000000)
	if err != nil {
		print("nothing", err)
	}
	n = 0
	err = vmihailenco.Unmarshal(data, &n)
	print(n, err)
	n = 0
	err = shamaton.Unmarshal(data, &n)
	print(n, err)

	n = 0
	err = json.Unmarshal([]byte("3000000000"), &n)
	print(n, err)
}

func print(seen any, err error) {
	if err != nil {
		fmt.Println("an error")
		return
	}
	fmt.Println(seen)
}
GO
go_program ask
mapfile -t answers < <(./ask 2>&1)
questions=(
    "copier: 3000000000 to an int32, 2.9 to an int, the code 410 to a string" "-1294967296 2 ƚ"
    "mapstructure: 3000000000 and 2.9 likewise" "-1294967296 2"
    "mapstructure: -1 to a uint64" "an error"
    "mapstructure.WeakDecode: the text 0410 to an int, -1 to a uint64" "264 18446744073709551615"
    "koanf: 3000000000 and 2.9" "-1294967296 2"
    "cast.ToInt32E: 3000000000" "-1294967296"
    "cast.ToInt32E: the text 3000000000" "-1294967296"
    "vmihailenco/msgpack: 3000000000 to an int32" "-1294967296"
    "shamaton/msgpack: the same" "-1294967296"
    "encoding/json: the same" "an error"
)
for i in "${!answers[@]}"; do expect "${questions[2 * i]}" "${answers[i]}" "${questions[2 * i + 1]}"; done
expect "the answers" "${#answers[@]}" "10"
verdict

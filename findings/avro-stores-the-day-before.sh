#!/usr/bin/env bash
# Go's hamba/avro and goavro store 2025-03-10 00:00 in Shanghai as the date 2025-03-09, and -12.999 as -13.00 but 12.999 as 12.99; hamba reads 70000 into an int16 as 4464.
#
# Guess: a date is the calendar date of the time in its own zone, as pgx stores it, or an error. A decimal with too many digits is an error or rounded, the same below zero. A number that does not fit is an error.
# Seen: both count days from the seconds since 1970 in UTC: a day that begins east of UTC is the day before, and an evening in New York the day after. Both round a decimal down, away from zero if it is
# negative. hamba refuses an int64 for an Avro int, but cuts an int down to its lowest 16 bits. There is no error.
. "$(dirname "$0")/lib.bash"
go_modules github.com/hamba/avro/v2@v2.31.0 github.com/linkedin/goavro/v2@v2.15.0
echo "hamba/avro v2.31.0, goavro v2.15.0"

cat >"$dir/go/main.go" <<'GO'
package main

import (
	"fmt"
	"math/big"
	"os"
	"time"

	"github.com/hamba/avro/v2"
	"github.com/linkedin/goavro/v2"
)

const (
	date    = `{"type": "int", "logicalType": "date"}`
	decimal = `{"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}`
	row     = `{"type": "record", "name": "row", "fields": [{"name": "n", "type": "int"}]}`
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Println("an error")
		os.Exit(0)
	}
	return value
}

// goavro's way there and back.
func and(schema string, value any) any {
	codec := must(goavro.NewCodec(schema))
	back, _, err := codec.NativeFromBinary(must(codec.BinaryFromNative(nil, value)))
	return must(back, err)
}

func main() {
	switch os.Args[1] {
	case "hamba-date":
		schema := avro.MustParse(date)
		var back time.Time
		err := avro.Unmarshal(schema, must(avro.Marshal(schema, must(time.Parse(time.RFC3339, os.Args[2])))), &back)
		fmt.Println(must(back, err).Format(time.DateOnly))
	case "goavro-date":
		fmt.Println(and(date, must(time.Parse(time.RFC3339, os.Args[2]))).(time.Time).Format(time.DateOnly))
	case "goavro-decimal":
		value, _ := new(big.Rat).SetString(os.Args[2])
		fmt.Println(and(decimal, value).(*big.Rat).FloatString(3))
	case "hamba-decimal":
		schema := avro.MustParse(decimal)
		value, _ := new(big.Rat).SetString(os.Args[2])
		back := new(big.Rat)
		err := avro.Unmarshal(schema, must(avro.Marshal(schema, value)), &back)
		fmt.Println(must(back, err).FloatString(3))
	case "hamba-int16":
		var back struct {
			N int16 `avro:"n"`
		}
		schema := avro.MustParse(row)
		err := avro.Unmarshal(schema, must(avro.Marshal(schema, map[string]any{"n": 70000})), &back)
		fmt.Println(must(back.N, err))
	case "hamba-int64":
		fmt.Println(must(avro.Marshal(avro.MustParse(`"int"`), int64(70000))))
	}
}
GO
go_program ask
for library in hamba goavro; do
    expect "$library, the date 2025-03-10T00:00:00+08:00" "$(./ask $library-date 2025-03-10T00:00:00+08:00)" "2025-03-09"
    expect "$library, the date 2025-03-10T22:00:00-04:00" "$(./ask $library-date 2025-03-10T22:00:00-04:00)" "2025-03-11"
    expect "$library, the date 2025-03-10T00:00:00Z" "$(./ask $library-date 2025-03-10T00:00:00Z)" "2025-03-10"
    expect "$library, 12.999 with two digits after the point" "$(./ask $library-decimal 12.999)" "12.990"
    expect "$library, -12.999" "$(./ask $library-decimal -12.999)" "-13.000"
done
expect "hamba, the int 70000 as an int16" "$(./ask hamba-int16)" "4464"
expect "hamba, an int64 as an int" "$(./ask hamba-int64)" "an error"
verdict

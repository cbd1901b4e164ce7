#!/usr/bin/env bash
# What Go's klauspost/compress packs, Python's zstandard unpacks from 256 bytes on; below that it fails.
#
# Guess: EncodeAll knows the length, so each frame says it, and zstandard.decompress() reads them all.
# Seen: frames of less than 256 bytes do not say how long they are. decompress() wants to know it: "could not
# determine content size in frame header". A reader that worked on large answers fails at the first short one.
# decompressobj(), open() and stream_reader() read both.
. "$(dirname "$0")/lib.bash"
python_packages zstandard==0.25.0
go_modules github.com/klauspost/compress@v1.20.4
echo "klauspost/compress 1.20.4, zstandard 0.25.0"

cat >main.go <<'GO'
package main

import (
	"bytes"
	"os"

	"github.com/klauspost/compress/zstd"
)

func main() {
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err)
	}
	for name, length := range map[string]int{"255": 255, "256": 256} {
		if err := os.WriteFile(name, encoder.EncodeAll(bytes.Repeat([]byte("a"), length), nil), 0o644); err != nil {
			panic(err)
		}
	}
}
GO
cat >read.py <<'PYTHON'
import sys

import zstandard

packed = open(sys.argv[2], "rb").read()
try:
    text = zstandard.decompress(packed) if sys.argv[1] == "decompress" else zstandard.ZstdDecompressor().decompressobj().decompress(packed)
    print(len(text), "bytes")
except zstandard.ZstdError as error:
    print(error)
PYTHON
go build -o pack . 2>"$dir/build.log" && ./pack || { cat "$dir/build.log"; exit 1; }
expect "255 bytes, decompress()" "$(python3 read.py decompress 255)" "could not determine content size in frame header"
expect "256 bytes, decompress()" "$(python3 read.py decompress 256)" "256 bytes"
expect "255 bytes, decompressobj()" "$(python3 read.py object 255)" "255 bytes"
verdict

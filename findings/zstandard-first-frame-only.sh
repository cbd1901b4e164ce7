#!/usr/bin/env bash
# Python's zstandard gives the first frame of a file of two, and no error.
#
# Guess: frames one after the other are one stream (RFC 8878, as members of gzip are), so all of it comes back;
# at worst there is an error for what is left over.
# Seen: decompress(), the module's shortest way, returns the first frame's content and ignores the rest. Files
# that a Go program appends to frame by frame, or cat of two .zst files, lose all but their beginning. open() reads all.
. "$(dirname "$0")/lib.bash"
python_packages zstandard==0.25.0
go_modules github.com/klauspost/compress@v1.20.4
echo "klauspost/compress 1.20.4, zstandard 0.25.0"

cat >main.go <<'GO'
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
)

func main() {
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err)
	}
	both := append(encoder.EncodeAll(bytes.Repeat([]byte("1"), 300), nil), encoder.EncodeAll(bytes.Repeat([]byte("2"), 300), nil)...)
	if err := os.WriteFile("both.zst", both, 0o644); err != nil {
		panic(err)
	}
	file, err := os.Open("both.zst")
	if err != nil {
		panic(err)
	}
	decoder, err := zstd.NewReader(file)
	if err != nil {
		panic(err)
	}
	text, err := io.ReadAll(decoder)
	fmt.Printf("%d bytes, error: %v\n", len(text), err)
}
GO
go build -o ask . 2>"$dir/build.log" || { cat "$dir/build.log"; exit 1; }
expect "Go" "$(./ask)" "600 bytes, error: <nil>"
expect "Python: decompress()" "$(python3 -c "import zstandard; print(len(zstandard.decompress(open('both.zst', 'rb').read())), 'bytes')")" "300 bytes"
expect "Python: open()" "$(python3 -c "import zstandard; print(len(zstandard.open('both.zst').read()), 'bytes')")" "600 bytes"
verdict

#!/usr/bin/env bash
# PyYAML writes the text 1e3 without quotes, and Go's yaml.v3 and npm's yaml read it as the number 1000; npm's yaml writes 1_000, 0b11 and 12:30 without quotes, and PyYAML reads 1000, 3 and 750.
#
# Guess: a writer puts quotes around each text that a reader of YAML 1.1 or 1.2 takes for something else, as js-yaml and yaml.v3 do: a file that one program wrote is the same in the next.
# Seen: each of them asks only its own reader. PyYAML's numbers with an exponent need a point and a sign, so that 1e3, 12345e67 (as short names of commits look) and 0o17 are written plainly. npm's yaml and ruamel.yaml
# follow YAML 1.2, and leave 12:30 as it is. Each reads back what it wrote itself, so that no test of one program shows it.
. "$(dirname "$0")/lib.bash"
need node
python_packages PyYAML==6.0.3 ruamel.yaml==0.19.1
node_package yaml@2.9.1
node_package js-yaml@5.5.0
go_modules gopkg.in/yaml.v3@v3.0.1
echo "PyYAML 6.0.3, ruamel.yaml 0.19.1, yaml 2.9.1, js-yaml 5.5.0, yaml.v3 3.0.1, node $(node --version)"

cat >"$dir/go/main.go" <<'GO'
package main

import (
	"encoding/json"
	"os"

	"gopkg.in/yaml.v3"
)

func main() {
	var codes any
	if os.Args[1] == "write" {
		check(json.NewDecoder(os.Stdin).Decode(&codes))
		check(yaml.NewEncoder(os.Stdout).Encode(codes))
		return
	}
	check(yaml.NewDecoder(os.Stdin).Decode(&codes))
	check(json.NewEncoder(os.Stdout).Encode(codes))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
GO
go mod tidy >"$dir/go.log" 2>&1
go build -o "$dir/yaml_v3" . 2>"$dir/build.log" || { cat "$dir/build.log"; exit 1; }
cat >"$dir/pyyaml" <<'PYTHON'
#!/usr/bin/env python3
import json, sys, yaml
if sys.argv[1] == "write":
    yaml.safe_dump(json.load(sys.stdin), sys.stdout)
else:
    print(json.dumps(yaml.safe_load(sys.stdin), separators=(",", ":")))
PYTHON
cat >"$dir/ruamel" <<'PYTHON'
#!/usr/bin/env python3
import json, sys, ruamel.yaml
if sys.argv[1] == "write":
    ruamel.yaml.YAML().dump(json.load(sys.stdin), sys.stdout)
else:
    print(json.dumps(ruamel.yaml.YAML(typ="safe", pure=True).load(sys.stdin), separators=(",", ":")))
PYTHON
for library in yaml js-yaml; do
    cat >"$dir/npm_$library.mjs" <<JS
import { readFileSync } from "node:fs";
import * as library from "$library";
const input = readFileSync(0, "utf8");
const [read, write] = "$library" === "yaml" ? [library.parse, library.stringify] : [library.load, library.dump];
process.stdout.write(process.argv[2] === "write" ? write(JSON.parse(input)) : JSON.stringify(read(input)));
JS
    printf '#!/bin/sh\nexec node "%s" "$@"\n' "$dir/npm_$library.mjs" >"$dir/npm_$library"
done
chmod +x "$dir/pyyaml" "$dir/ruamel" "$dir/npm_yaml" "$dir/npm_js-yaml"
# through lets one library write a list of texts, and another one read it.
through() { printf %s "$3" | "$dir/$1" write | "$dir/$2" read 2>&1 | tail -1; }
codes='["1e3","12345e67","0o17"]'
expect "PyYAML writes $codes, yaml.v3 reads" "$(through pyyaml yaml_v3 "$codes")" '[1000,1.2345e+71,15]'
expect "npm's yaml reads" "$(through pyyaml npm_yaml "$codes")" '[1000,1.2345e+71,15]'
expect "PyYAML itself reads" "$(through pyyaml pyyaml "$codes")" "$codes"
times='["1_000","0b11","12:30"]'
expect "npm's yaml writes $times, PyYAML reads" "$(through npm_yaml pyyaml "$times")" '[1000,3,750]'
expect "yaml.v3 reads" "$(through npm_yaml yaml_v3 "$times")" '[1000,3,"12:30"]'
expect "npm's yaml itself reads" "$(through npm_yaml npm_yaml "$times")" "$times"
expect "ruamel.yaml writes them, PyYAML reads" "$(through ruamel pyyaml "$times")" '["1_000","0b11",750]'
all='["1e3","12345e67","0o17","1_000","0b11","12:30"]'
for reader in pyyaml ruamel npm_yaml yaml_v3; do
    expect "yaml.v3 and js-yaml write all six, $reader reads" "$(through yaml_v3 $reader "$all") $(through npm_js-yaml $reader "$all")" "$all $all"
done
verdict

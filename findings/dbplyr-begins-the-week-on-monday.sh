#!/usr/bin/env bash
# R's dbplyr translates floor_date(day, "week") of lubridate, where a week begins on Sunday, into Postgres' weeks from Monday: a Sunday counts in the week before. xor() of two true conditions is true.
#
# Guess: a function of lubridate gives the same day in the database as in R, or is refused.
# Seen: floor_date is date_trunc, whose weeks begin on Monday, and takes no week_start; wday() of the same row counts from Sunday, as in R. So a sum by week changes when collect() comes before group_by(), without an error. xor(a, b) is a OR b AND NOT (a AND b),
# where AND binds first, so it is OR. as.integer(2.9) is 3, which is 2 in R, and 7L / 2L is 3, which is 3.5 in R.
. "$(dirname "$0")/lib.bash"
need psql
debian r-base-core libblas3 liblapack3 libgfortran5 libquadmath0 libgomp1 libpcre2-8-0 libreadline8 libtirpc3 libicu72 \
    r-cran-{assertthat,blob,cli,dbi,dbplyr,dplyr,fansi,generics,glue,lifecycle,lubridate,magrittr,pillar,pkgconfig,purrr,r6,rlang,tibble,tidyselect,timechange,utf8,vctrs,withr}
postgres 18.4.0-beta.17
echo "R $(version_of r-base-core), dbplyr $(version_of r-cran-dbplyr), lubridate $(version_of r-cran-lubridate), PostgreSQL 18.4"

cat >"$dir/ask.R" <<'R'
suppressMessages({library(dplyr); library(dbplyr); library(lubridate)})
day <- as.Date("2025-03-09")
true <- TRUE
x <- 2.9
n <- 7L
for (text in commandArgs(trailingOnly = TRUE)) {
    call <- str2lang(text)
    cat(as.character(eval(call)), "|", as.character(translate_sql_(list(call), con = simulate_postgres())), "\n", sep = "")
}
R
lib="$dir/debian/usr/lib"
R_HOME="$lib/R" R_LIBS_SITE="$lib/R/site-library" R_LIBS="$lib/R/library" LD_LIBRARY_PATH="$lib/R/lib:$(dirname "$(find "$lib" -name libblas.so.3)"):$(dirname "$(find "$lib" -name liblapack.so.3)"):$lib/x86_64-linux-gnu" \
    R_DEFAULT_PACKAGES=base,methods,utils,stats "$lib/R/bin/exec/R" --no-echo --no-restore --vanilla -f "$dir/ask.R" --args \
    'floor_date(day, "week")' 'floor_date(day, "month")' 'wday(day)' 'xor(true, true)' 'as.integer(x)' 'n / 2L' >"$dir/out" 2>"$dir/R.log"
# ask prints what R has for an expression, and what Postgres has for its translation.
ask() {
    local line
    line=$(sed -n "$1p" "$dir/out")
    echo "${line%%|*} $(psql -XqAt -c "SET timezone = 'UTC'; SELECT ($(tr '`' '"' <<<"${line#*|}"))::$2 FROM (VALUES (date '2025-03-09', true, 2.9, 7)) t (day, \"true\", x, n)" 2>&1)"
}
expect "a Sunday, floor_date(day, \"week\"): in R, and translated in Postgres" "$(ask 1 date)" "2025-03-09 2025-03-03"
expect "floor_date(day, \"month\")" "$(ask 2 date)" "2025-03-01 2025-03-01"
expect "wday(day)" "$(ask 3 int)" "1 1"
expect "xor(TRUE, TRUE)" "$(ask 4 text)" "FALSE true"
expect "as.integer(2.9)" "$(ask 5 int)" "2 3"
expect "7L / 2L" "$(ask 6 text)" "3.5 3"
verdict

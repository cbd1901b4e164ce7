#!/usr/bin/env bash
# In R, one count beyond 2,147,483,647 turns the other counts of its column into 5e-323, and %in%, merge() and 0.5 * n find or give nothing, without an error.
#
# Guess: a column with a larger number is read as double, which holds it exactly, or as a type with which all functions of R work or end with an error.
# Seen: data.table's fread reads it as integer64, whose bits are in a vector of doubles. Functions that know the class are right: sum(), ==, aggregate(). Those that do not see the bits as tiny doubles: tapply(), sapply() and
# ifelse() give 5e-323, max(0.5, 5) is 0.5, %in% and merge() find no row. n * 0.5 is rounded to a whole number, and 0.5 * n is 0. Up to the day of the first such count, the same code is right. DBI's drivers for SQLite read
# such a column alike. With integer64 = "double" all is right.
. "$(dirname "$0")/lib.bash"
debian r-base-core r-cran-data.table r-cran-bit64 r-cran-bit libblas3 liblapack3 libgfortran5 libquadmath0 libgomp1 libpcre2-8-0 libreadline8 libtirpc3 libicu72
echo "R $(version_of r-base-core), data.table $(version_of r-cran-data.table), bit64 $(version_of r-cran-bit64)"

cat >"$dir/ask.R" <<'R'
library(data.table)
given <- commandArgs(trailingOnly = TRUE)
df <- as.data.frame(fread(text = paste0("day,n\n2025-03-10,5\n2025-03-10,3\n2025-03-11,", given[1], "\n"), integer64 = given[2]))
names <- data.frame(n = c(5, 3), name = c("five", "three"))
cat(as.character(eval(parse(text = given[3]))), "\n")
R
lib="$dir/debian/usr/lib"
ask() {
    R_HOME="$lib/R" R_LIBS_SITE="$lib/R/site-library" R_LIBS="$lib/R/library" LD_LIBRARY_PATH="$lib/R/lib:$(dirname "$(find "$lib" -name libblas.so.3)"):$(dirname "$(find "$lib" -name liblapack.so.3)"):$lib/x86_64-linux-gnu" \
        R_DEFAULT_PACKAGES=base,methods,utils,stats "$lib/R/bin/exec/R" --no-echo --no-restore --vanilla -f "$dir/ask.R" --args "${2:-3000000000}" "${3:-integer64}" "$1" 2>&1 | tail -1 | sed 's/ *$//'
}
expect "the counts 5, 3 and 3000000000: the class" "$(ask 'class(df$n)')" "integer64"
expect "tapply(n, day, sum)" "$(ask 'tapply(df$n, df$day, sum)')" "3.95252516672997e-323 1.48219693752374e-314"
expect "ifelse(n > 4, n, 0)" "$(ask 'ifelse(df$n > 4, df$n, 0)')" "2.47032822920623e-323 0 1.48219693752374e-314"
expect "max(0.5, n[1])" "$(ask 'max(0.5, df$n[1])')" "0.5"
expect "0.5 * n, and n * 0.5" "$(ask 'c(as.character(0.5 * df$n), as.character(df$n * 0.5))')" "0 0 0 3 2 1500000000"
expect "rows with n %in% c(5, 3)" "$(ask 'sum(df$n %in% c(5, 3))')" "0"
expect "rows of merge() with the names of 5 and 3" "$(ask 'nrow(merge(df, names))')" "0"
expect "aggregate(n ~ day, df, sum)" "$(ask 'aggregate(n ~ day, df, sum)$n')" "8 3000000000"
expect "5, 3 and 4: the class, and tapply(n, day, sum)" "$(ask 'c(class(df$n), tapply(df$n, df$day, sum))' 4)" "integer 8 4"
expect "5, 3 and 4: rows of merge()" "$(ask 'nrow(merge(df, names))' 4)" "2"
expect "5, 3 and 3000000000 with integer64 = \"double\": tapply(n, day, sum)" "$(ask 'tapply(df$n, df$day, sum)' 3000000000 double)" "8 3e+09"
verdict

#!/usr/bin/env bash
# jOOQ loads `n/a` and `1,234` from a CSV file as NULL, 2.9 as 2 and 3000000000 as -1294967296, and reports no error.
#
# Guess: the Loader counts a value that is not a number of the column's type among its errors, which is what errors() and onErrorIgnore() are for; reading a code such as "error 12" as an Integer is a DataTypeException.
# Seen: jOOQ converts a text into a number by cutting it (2.9, 3000000000) or, if it cannot, into NULL. 7 rows are stored, 0 are errors. A text column that is read as Integer is NULL for each word and for 0x10,
# and 1000 for 1e3. PostgreSQL's COPY refuses each of these values.
. "$(dirname "$0")/lib.bash"
need java psql
maven_packages org.jooq:jooq:3.19.23 org.postgresql:postgresql:42.7.5
postgres 18.4.0-beta.17
echo "jOOQ 3.19.23, pgjdbc 42.7.5, PostgreSQL 18.4, $(java -version 2>&1 | head -1)"

printf 'code,n\na,12\nb,2.9\nc,"1,234"\nd,n/a\ne,3000000000\nf,1e3\ng,0x10\n' >"$dir/facts.csv"
psql -Xqc "CREATE TABLE facts (code text, n int); CREATE TABLE copied (code text, n int)"
cat >"$dir/Ask.java" <<'JAVA'
import java.io.File;
import java.sql.DriverManager;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Loader;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;

class Ask {
    public static void main(String[] args) throws Exception {
        DSLContext db = DSL.using(DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + System.getenv("PGPORT") + "/postgres", "postgres", ""), SQLDialect.POSTGRES);
        if (args[0].equals("load")) {
            Field<String> code = DSL.field(DSL.name("code"), String.class);
            Field<Integer> n = DSL.field(DSL.name("n"), Integer.class);
            Loader<?> loader = db.loadInto(DSL.table(DSL.name("facts"))).onErrorIgnore().loadCSV(new File(args[1]), "UTF-8").fields(code, n).execute();
            System.out.println(loader.stored() + " stored, " + loader.errors().size() + " errors");
        } else {
            System.out.println(db.fetchOne("SELECT ?", args[1]).get(0, Integer.class));
        }
    }
}
JAVA
mkdir "$dir/classes"
javac -cp "$dir/jars/*" -d "$dir/classes" "$dir/Ask.java" 2>"$dir/javac.log" || { cat "$dir/javac.log"; exit 1; }
ask() { java -Dorg.jooq.no-logo=true -Dorg.jooq.no-tips=true -cp "$dir/classes:$dir/jars/*" Ask "$@" 2>/dev/null; }
expect "the Loader's count" "$(ask load "$dir/facts.csv")" "7 stored, 0 errors"
expect "what it stored" "$(psql -XqAtc "SELECT string_agg(code || '=' || coalesce(n::text, 'NULL'), ' ' ORDER BY code) FROM facts")" "a=12 b=2 c=NULL d=NULL e=-1294967296 f=1000 g=NULL"
for code in "error 12" 0x10 ""; do
    expect "the code '$code' as an Integer" "$(ask get "$code")" "null"
done
expect "COPY's answer" "$(psql -Xqc "\copy copied FROM '$dir/facts.csv' CSV HEADER" 2>&1 | head -1)" 'ERROR:  invalid input syntax for type integer: "2.9"'
verdict

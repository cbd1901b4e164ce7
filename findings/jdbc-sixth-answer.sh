#!/usr/bin/env bash
# pgjdbc answers the same PreparedStatement with other texts from its sixth execution on.
#
# Guess, before it was run: getString() of a column gives what Postgres's text form is, the
# same at every execution.
# Seen: after prepareThreshold (5) executions pgjdbc names the statement on the server and asks
# for some types in binary from the next one on. getString() then prints Java's form: 100 turns into
# 100.0, 0.000000001 into 1E-9, a time with a zone into the JVM's zone, {1,2} into {"1","2"}.
# A report or a checksum made of getString() changes in the sixth round of a loop.
. "$(dirname "$0")/lib.bash"
need java
debian libpostgresql-jdbc-java
postgres 15.18.0-beta.17
echo "pgjdbc $(version_of libpostgresql-jdbc-java), PostgreSQL 15.18, $(java -version 2>&1 | head -1)"

cat >"$dir/Ask.java" <<'JAVA'
import java.sql.*;

class Ask {
    public static void main(String[] args) throws SQLException {
        String url = "jdbc:postgresql://127.0.0.1:" + System.getenv("PGPORT") + "/postgres";
        try (Connection c = DriverManager.getConnection(url, "postgres", "");
                PreparedStatement s = c.prepareStatement("SELECT " + args[0])) {
            String before = null;
            for (int i = 1; i <= 8; i++) {
                ResultSet r = s.executeQuery();
                r.next();
                String now = r.getString(1);
                if (before != null && !before.equals(now)) {
                    System.out.println(before + " became " + now + " at execution " + i);
                }
                before = now;
            }
        }
    }
}
JAVA
jar=$(find "$dir/debian" -name 'postgresql*.jar' -type f | head -1)
ask() { java -Duser.timezone=Asia/Shanghai -cp "$jar" "$dir/Ask.java" "$1"; }
expect "100::float8" "$(ask "100::float8")" "100 became 100.0 at execution 6"
expect "0.000000001::numeric" "$(ask "0.000000001::numeric")" "0.000000001 became 1E-9 at execution 6"
expect "timetz '12:00+02'" "$(ask "timetz '12:00+02'")" "12:00:00+02 became 18:00:00+08 at execution 6"
expect "array[1, 2]" "$(ask "array[1, 2]")" '{1,2} became {"1","2"} at execution 6'
verdict

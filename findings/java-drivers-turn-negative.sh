#!/usr/bin/env bash
# R2DBC, Vert.x and jOOQ read a bigint of 3000000000 as the Integer -1294967296, where pgjdbc reports an error.
#
# Guess: an error, as pgjdbc's getInt() gives: "Bad value for type int".
# Seen: they cut the number down to its lowest 32 bits, without an error. jOOQ does so over pgjdbc too, as it reads a Long and converts it. A count(*) or sum() is a bigint or a numeric, and the
# same holds for both: sums are right until they pass 2,147,483,647. The getters for a Long are right, except for a numeric beyond 2^63.
. "$(dirname "$0")/lib.bash"
need java
maven_packages org.postgresql:r2dbc-postgresql:1.0.7.RELEASE io.vertx:vertx-pg-client:4.5.14 org.jooq:jooq:3.19.23 org.postgresql:postgresql:42.7.5
postgres 18.4.0-beta.17
echo "r2dbc-postgresql 1.0.7, vertx-pg-client 4.5.14, jOOQ 3.19.23, pgjdbc 42.7.5, PostgreSQL 18.4, $(java -version 2>&1 | head -1)"

cat >"$dir/Ask.java" <<'JAVA'
import java.sql.DriverManager;
import java.sql.ResultSet;

class Ask {
    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(System.getenv("PGPORT"));
        String query = "SELECT " + args[1];
        Object answer;
        try {
            answer = switch (args[0]) {
                case "pgjdbc" -> {
                    ResultSet rows = jdbc(port).createStatement().executeQuery(query);
                    rows.next();
                    yield rows.getInt(1);
                }
                case "jooq" -> org.jooq.impl.DSL.using(jdbc(port), org.jooq.SQLDialect.POSTGRES).fetchOne(query).get(0, Integer.class);
                case "r2dbc" -> new io.r2dbc.postgresql.PostgresqlConnectionFactory(io.r2dbc.postgresql.PostgresqlConnectionConfiguration.builder()
                        .host("127.0.0.1").port(port).username("postgres").database("postgres").build())
                        .create().block().createStatement(query).execute().flatMap(result -> result.map((row, columns) -> row.get(0, Integer.class))).blockFirst();
                case "vertx" -> io.vertx.pgclient.PgConnection.connect(io.vertx.core.Vertx.vertx(),
                        new io.vertx.pgclient.PgConnectOptions().setHost("127.0.0.1").setPort(port).setUser("postgres").setDatabase("postgres"))
                        .compose(connection -> connection.query(query).execute()).toCompletionStage().toCompletableFuture().get().iterator().next().getInteger(0);
                default -> throw new IllegalArgumentException(args[0]);
            };
        } catch (Exception e) {
            answer = "an error";
        }
        System.out.println(answer);
        System.exit(0);
    }

    static java.sql.Connection jdbc(int port) throws Exception {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres", "postgres", "");
    }
}
JAVA
mkdir "$dir/classes"
javac -cp "$dir/jars/*" -d "$dir/classes" "$dir/Ask.java" 2>"$dir/javac.log" || { cat "$dir/javac.log"; exit 1; }
ask() { java -Dorg.jooq.no-logo=true -Dorg.jooq.no-tips=true -cp "$dir/classes:$dir/jars/*" Ask "$@" 2>/dev/null; }
for driver in r2dbc vertx jooq; do
    expect "$driver: 3000000000::bigint as an Integer" "$(ask "$driver" 3000000000::bigint)" "-1294967296"
    expect "$driver: sum() of 2000000000 and 2294967301" "$(ask "$driver" "sum(n) FROM (VALUES (2000000000::bigint), (2294967301)) t (n)")" "5"
    expect "$driver: 2000000000::bigint" "$(ask "$driver" 2000000000::bigint)" "2000000000"
done
expect "pgjdbc, getInt(): 3000000000::bigint" "$(ask pgjdbc 3000000000::bigint)" "an error"
expect "pgjdbc, getInt(): the sum" "$(ask pgjdbc "sum(n) FROM (VALUES (2000000000::bigint), (2294967301)) t (n)")" "an error"
verdict

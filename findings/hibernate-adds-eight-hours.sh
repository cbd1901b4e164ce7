#!/usr/bin/env bash
# In Hibernate 7 in Shanghai, `select at + 1 day` of an Instant is a day and eight hours later, and `at + 1 hour` nine hours.
#
# Guess: HQL adds what Postgres adds to a timestamptz: the time of the next day, whatever the zone of the JVM, since an Instant has no zone.
# Seen: Hibernate casts the sum to a timestamp without time zone, which has the digits of the session's zone, and reads these digits as UTC. An OffsetDateTime is wrong in the same way, min() of the sum too, and hibernate.jdbc.time_zone=UTC changes nothing.
# The time itself and a condition with the sum are right, and so is everything in a JVM in UTC, where tests run.
. "$(dirname "$0")/lib.bash"
need java javac
maven_packages org.hibernate.orm:hibernate-core:7.4.15.Final org.postgresql:postgresql:42.7.5
postgres 18.4.0-beta.17
echo "Hibernate 7.4.15, pgjdbc 42.7.5, PostgreSQL 18.4, $(java -version 2>&1 | head -1)"

cat >"$dir/Ask.java" <<'JAVA'
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.TimeZone;
import org.hibernate.cfg.Configuration;

/** Stores one time, 2025-03-10T20:00:00Z, and answers a query about it in a JVM of the first argument's zone. */
public class Ask {
    @Entity(name = "Change")
    public static class Change {
        @Id public long id = 1;
        public Instant at = Instant.parse("2025-03-10T20:00:00Z");
        public OffsetDateTime seen = OffsetDateTime.parse("2025-03-10T20:00:00Z");
    }

    public static void main(String[] args) {
        TimeZone.setDefault(TimeZone.getTimeZone(args[0]));
        Configuration configuration = new Configuration()
                .addAnnotatedClass(Change.class)
                .setProperty("hibernate.connection.url", "jdbc:postgresql://127.0.0.1:" + System.getenv("PGPORT") + "/postgres")
                .setProperty("hibernate.connection.username", "postgres")
                .setProperty("hibernate.hbm2ddl.auto", "create");
        if (args.length > 2) {
            configuration.setProperty("hibernate.jdbc.time_zone", args[2]);
        }
        try (var factory = configuration.buildSessionFactory()) {
            factory.inTransaction(session -> session.persist(new Change()));
            factory.inSession(session -> System.out.println(session.createQuery("select " + args[1], Object.class).getSingleResult()));
        }
    }
}
JAVA
mkdir "$dir/classes"
javac -cp "$dir/jars/*" -d "$dir/classes" "$dir/Ask.java" 2>"$dir/javac.log" || { cat "$dir/javac.log"; exit 1; }
ask() { java -cp "$dir/classes:$dir/jars/*" Ask "$@" 2>"$dir/java.log" || tail -3 "$dir/java.log"; }
expect "Shanghai, at + 1 day" "$(ask Asia/Shanghai "at + 1 day from Change")" "2025-03-12T04:00:00Z"
expect "Shanghai, at + 1 hour" "$(ask Asia/Shanghai "at + 1 hour from Change")" "2025-03-11T05:00:00Z"
expect "Shanghai, seen + 1 day, an OffsetDateTime" "$(ask Asia/Shanghai "seen + 1 day from Change")" "2025-03-12T04:00Z"
expect "Shanghai with hibernate.jdbc.time_zone=UTC, at + 1 day" "$(ask Asia/Shanghai "at + 1 day from Change" UTC)" "2025-03-12T04:00:00Z"
expect "New York, at + 1 day" "$(ask America/New_York "at + 1 day from Change")" "2025-03-11T16:00:00Z"
expect "Shanghai, at" "$(ask Asia/Shanghai "at from Change")" "2025-03-10T20:00:00Z"
expect "Shanghai, how many have at + 1 day = 2025-03-11 20:00:00Z" "$(ask Asia/Shanghai "count(*) from Change where at + 1 day = datetime 2025-03-11 20:00:00Z")" "1"
expect "UTC, at + 1 day" "$(ask UTC "at + 1 day from Change")" "2025-03-11T20:00:00Z"
verdict

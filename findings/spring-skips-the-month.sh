#!/usr/bin/env bash
# Spring's cron leaves out the whole month if the weekday nearest to its last day is asked for by number, and that day is a Sunday.
#
# Guess: 31W in a month whose 31st is a Sunday is Friday the 29th, as the nearest weekday must be in the same month, and as LW gives. Quartz, from which Spring has the W, does so.
# Seen: Spring takes Sunday for a day that its Monday makes up for, finds that Monday in the next month, where it does not count, and goes on. 31W has no run in May 2026, 30W none in
# April 2028, 28W none in February 2027, without an error. Saturdays are right. 1W to 27W are right, and so is LW.
. "$(dirname "$0")/lib.bash"
need java
maven_packages org.springframework:spring-context:7.0.10 org.quartz-scheduler:quartz:2.5.2
echo "spring-context 7.0.10, Quartz 2.5.2, $(java -version 2>&1 | head -1)"

cat >"$dir/Ask.java" <<'JAVA'
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.StringJoiner;
import java.util.TimeZone;

class Ask {
    public static void main(String[] args) throws Exception {
        LocalDateTime time = LocalDateTime.parse(args[2] + "T12:00");
        StringJoiner seen = new StringJoiner(" ");
        for (int run = 0; run < Integer.parseInt(args[3]); run++) {
            time = args[0].equals("spring") ? spring(args[1], time) : quartz(args[1], time);
            seen.add(time.toLocalDate().toString().substring(5));
        }
        System.out.println(seen);
    }

    static LocalDateTime spring(String day, LocalDateTime time) {
        return org.springframework.scheduling.support.CronExpression.parse("0 0 3 " + day + " * *").next(time);
    }

    static LocalDateTime quartz(String day, LocalDateTime time) throws Exception {
        var cron = new org.quartz.CronExpression("0 0 3 " + day + " * ?");
        cron.setTimeZone(TimeZone.getTimeZone("UTC"));
        return cron.getNextValidTimeAfter(Date.from(time.toInstant(ZoneOffset.UTC))).toInstant().atZone(ZoneId.of("UTC")).toLocalDateTime();
    }
}
JAVA
ask() { java -cp "$dir/jars/*" "$dir/Ask.java" "$@" 2>&1 | grep -v SLF4J; }
expect "Spring: 31W from March 2026 on (31 May is a Sunday)" "$(ask spring 31W 2026-03-01 3)" "03-31 07-31 08-31"
expect "Quartz: the same" "$(ask quartz 31W 2026-03-01 3)" "03-31 05-29 07-31"
expect "Spring: LW from May 2026 on" "$(ask spring LW 2026-05-01 3)" "05-29 06-30 07-31"
expect "Spring: 30W from March 2028 on (30 April is a Sunday)" "$(ask spring 30W 2028-03-01 3)" "03-30 05-30 06-30"
expect "Quartz: the same" "$(ask quartz 30W 2028-03-01 3)" "03-30 04-28 05-30"
expect "Spring: 28W from January 2027 on (28 February is a Sunday)" "$(ask spring 28W 2027-01-01 3)" "01-28 03-29 04-28"
expect "Quartz: the same" "$(ask quartz 28W 2027-01-01 3)" "01-28 02-26 03-29"
verdict

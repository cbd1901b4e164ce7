#!/usr/bin/env bash
# Java's cron-utils reads Quartz's `22-1` as 22 only, and leaves the last day out of `L,15` and the W out of `1,15W`.
#
# Guess: with its definition of Quartz's syntax, cron-utils has the runs that Quartz has, or refuses what it does not know, as it does with 22-1 in its definition of Unix's.
# Seen: it accepts all three. Of the four hours 22 to 1 only the first is left; `L,15` is the 15th; `15W` alone is the nearest weekday, but after a comma it is the 15th, on a Sunday too. Each of them alone, and the days `6-1`, are right.
. "$(dirname "$0")/lib.bash"
need java javac
maven_packages com.cronutils:cron-utils:9.2.1 org.quartz-scheduler:quartz:2.5.2
echo "cron-utils 9.2.1, Quartz 2.5.2, $(java -version 2>&1 | head -1)"

cat >"$dir/Ask.java" <<'JAVA'
import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Date;
import java.util.Locale;
import java.util.TimeZone;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.quartz.CronExpression;

class Ask {
    public static void main(String[] args) throws Exception {
        CronExpression quartz = args[0].equals("quartz") ? new CronExpression(args[1]) : null;
        ExecutionTime utils = quartz == null
                ? ExecutionTime.forCron(new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.QUARTZ)).parse(args[1]))
                : null;
        if (quartz != null) {
            quartz.setTimeZone(TimeZone.getTimeZone("UTC"));
        }
        ZonedDateTime start = ZonedDateTime.of(2026, 2, 1, 12, 0, 0, 0, ZoneOffset.UTC);
        System.out.println(Stream.iterate(start, time -> quartz == null
                        ? utils.nextExecution(time).get()
                        : quartz.getNextValidTimeAfter(Date.from(time.toInstant())).toInstant().atZone(ZoneOffset.UTC))
                .skip(1).limit(5).map(DateTimeFormatter.ofPattern("EEE dd.MM. HH:mm", Locale.ENGLISH)::format).collect(Collectors.joining(", ")));
    }
}
JAVA
mkdir "$dir/classes"
javac -cp "$dir/jars/*" -d "$dir/classes" "$dir/Ask.java" 2>"$dir/javac.log" || { cat "$dir/javac.log"; exit 1; }
ask() { java -cp "$dir/classes:$dir/jars/*" Ask "$@" 2>/dev/null; }
expect "cron-utils, 0 0 22-1 * * ?" "$(ask utils '0 0 22-1 * * ?')" "Sun 01.02. 22:00, Mon 02.02. 22:00, Tue 03.02. 22:00, Wed 04.02. 22:00, Thu 05.02. 22:00"
expect "Quartz, 0 0 22-1 * * ?" "$(ask quartz '0 0 22-1 * * ?')" "Sun 01.02. 22:00, Sun 01.02. 23:00, Mon 02.02. 00:00, Mon 02.02. 01:00, Mon 02.02. 22:00"
expect "cron-utils, 0 0 3 L,15 * ?" "$(ask utils '0 0 3 L,15 * ?')" "Sun 15.02. 03:00, Sun 15.03. 03:00, Wed 15.04. 03:00, Fri 15.05. 03:00, Mon 15.06. 03:00"
expect "Quartz, 0 0 3 L,15 * ?" "$(ask quartz '0 0 3 L,15 * ?')" "Sun 15.02. 03:00, Sat 28.02. 03:00, Sun 15.03. 03:00, Tue 31.03. 03:00, Wed 15.04. 03:00"
expect "cron-utils, 0 0 3 1,15W * ?" "$(ask utils '0 0 3 1,15W * ?')" "Sun 15.02. 03:00, Sun 01.03. 03:00, Sun 15.03. 03:00, Wed 01.04. 03:00, Wed 15.04. 03:00"
expect "Quartz, 0 0 3 1,15W * ?" "$(ask quartz '0 0 3 1,15W * ?')" "Mon 16.02. 03:00, Sun 01.03. 03:00, Mon 16.03. 03:00, Wed 01.04. 03:00, Wed 15.04. 03:00"
for expression in '0 0 3 L * ?' '0 0 3 15W * ?' '0 0 3 ? * 6-1'; do
    expect "does cron-utils have the runs of Quartz for $expression?" "$([ "$(ask utils "$expression")" = "$(ask quartz "$expression")" ] && echo yes)" "yes"
done
verdict

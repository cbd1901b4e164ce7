#!/usr/bin/env bash
# pydantic reads the day "20250310" into a datetime as 1970-08-23, and Jackson reads it into a Date as 1970-01-01, without an error.
#
# Guess: the 10th of March, as datetime.fromisoformat() and Gson's relatives read this form of ISO 8601, or an error. "2025-03-10" is read as that day by both.
# Seen: a text of digits alone is a number of seconds since 1970 to pydantic, and of milliseconds to Jackson: "20250310" is 20,250,310 seconds, and "2025" 33 minutes. For the type
# date pydantic reports an error, as the time is not midnight. fastjson2 reads the text right, and the number 20250310 as milliseconds. A text of 14 digits is a time of the year 2611 to Jackson.
. "$(dirname "$0")/lib.bash"
need java
python_packages pydantic==2.14.4
maven_packages com.fasterxml.jackson.core:jackson-databind:2.19.0 com.alibaba.fastjson2:fastjson2:2.0.57
echo "pydantic 2.14.4, Jackson 2.19.0, fastjson2 2.0.57, $(java -version 2>&1 | head -1)"

cat >"$dir/ask.py" <<'PYTHON'
import datetime
import sys

import pydantic

try:
    print(pydantic.TypeAdapter(getattr(datetime, sys.argv[1])).validate_json(sys.argv[2]))
except pydantic.ValidationError:
    print("an error")
PYTHON
cat >"$dir/Ask.java" <<'JAVA'
import java.util.Date;

class Ask {
    public static class Row {
        public Date day;
    }

    public static void main(String[] args) throws Exception {
        String json = "{\"day\":" + args[1] + "}";
        Row row = args[0].equals("jackson")
                ? new com.fasterxml.jackson.databind.ObjectMapper().readValue(json, Row.class) : com.alibaba.fastjson2.JSON.parseObject(json, Row.class);
        System.out.println(row.day.toInstant());
    }
}
JAVA
pydantic() { python3 "$dir/ask.py" "$@" 2>&1; }
ask() { java -Duser.timezone=UTC -cp "$dir/jars/*" "$dir/Ask.java" "$@" 2>&1 | tail -1; }
expect 'pydantic, datetime: "20250310"' "$(pydantic datetime '"20250310"')" "1970-08-23 09:05:10+00:00"
expect 'pydantic, datetime: "2025"' "$(pydantic datetime '"2025"')" "1970-01-01 00:33:45+00:00"
expect 'pydantic, datetime: "2025-03-10"' "$(pydantic datetime '"2025-03-10"')" "2025-03-10 00:00:00"
expect 'pydantic, date: "20250310"' "$(pydantic date '"20250310"')" "an error"
expect 'fromisoformat("20250310")' "$(python3 -c 'import datetime; print(datetime.datetime.fromisoformat("20250310"))')" "2025-03-10 00:00:00"
expect 'Jackson, Date: "20250310"' "$(ask jackson '"20250310"')" "1970-01-01T05:37:30.310Z"
expect 'Jackson, Date: "20250310030000"' "$(ask jackson '"20250310030000"')" "2611-09-16T14:07:10Z"
expect 'Jackson, Date: "2025-03-10"' "$(ask jackson '"2025-03-10"')" "2025-03-10T00:00:00Z"
expect 'fastjson2, Date: "20250310"' "$(ask fastjson2 '"20250310"')" "2025-03-10T00:00:00Z"
expect 'fastjson2, Date: the number 20250310' "$(ask fastjson2 20250310)" "1970-01-01T05:37:30.310Z"
verdict

#!/usr/bin/env bash
# opencsv reads a file that it has written itself with fewer rows, if a text ends with a backslash, and loses each other backslash.
#
# Guess: CSVReader reads what CSVWriter writes, since both are used with their defaults.
# Seen: the writer doubles quotes, and leaves a backslash as it is; the reader takes it for an escape. A backslash before the closing quote makes the rest of the row, and all rows up to the next such text, a part of this one: three
# rows become one, which has the right number of columns and the count of the last. C:\temp is C:temp. Its RFC4180Parser and Commons CSV read the file rightly. If no further text ends so, it is an error.
. "$(dirname "$0")/lib.bash"
need java javac
maven_packages com.opencsv:opencsv:5.12.0 org.apache.commons:commons-csv:1.14.1
echo "opencsv 5.12.0, Commons CSV 1.14.1, $(java -version 2>&1 | head -1)"

cat >"$dir/Ask.java" <<'JAVA'
import com.opencsv.CSVReaderBuilder;
import com.opencsv.CSVWriter;
import com.opencsv.RFC4180Parser;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.csv.CSVFormat;

class Ask {
    public static void main(String[] args) throws Exception {
        StringWriter file = new StringWriter();
        try (CSVWriter writer = new CSVWriter(file)) {
            for (String row : args[1].split("; ")) {
                writer.writeNext(row.split(" "));
            }
        }
        StringReader text = new StringReader(file.toString());
        List<String> rows = new ArrayList<>();
        if (args[0].equals("commons")) {
            CSVFormat.DEFAULT.parse(text).forEach(row -> rows.add(String.join(" ", row)));
        } else {
            CSVReaderBuilder builder = new CSVReaderBuilder(text);
            if (args[0].equals("rfc4180")) {
                builder.withCSVParser(new RFC4180Parser());
            }
            try {
                builder.build().forEach(row -> rows.add(row[0] + " " + row[1].length() + "-letters " + row[2]));
            } catch (RuntimeException e) {
                rows.add("an error");
            }
        }
        System.out.println(String.join("; ", rows));
    }
}
JAVA
mkdir "$dir/classes"
javac -cp "$dir/jars/*" -d "$dir/classes" "$dir/Ask.java" 2>"$dir/javac.log" || { cat "$dir/javac.log"; exit 1; }
ask() { java -cp "$dir/classes:$dir/jars/*" Ask "$@" 2>/dev/null; }
rows='05.03. D:\ 1; 06.03. ok 2; 07.03. E:\ 4; 08.03. ok 8'
expect "$rows, written and read by opencsv" "$(ask default "$rows")" '05.03. 28-letters 4; 08.03. 2-letters 8'
expect "the same, its RFC4180Parser" "$(ask rfc4180 "$rows")" '05.03. 3-letters 1; 06.03. 2-letters 2; 07.03. 3-letters 4; 08.03. 2-letters 8'
expect "the same, read by Commons CSV" "$(ask commons "$rows")" "$rows"
expect "C:\\temp, written and read by opencsv" "$(ask default '05.03. C:\temp 1')" '05.03. 6-letters 1'
expect "with one such row" "$(ask default '05.03. D:\ 1; 06.03. ok 2')" 'an error'
verdict

#!/usr/bin/env bash
# Java's univocity-parsers, Spring Batch and Liquibase leave out the rows of a CSV file that begin with `#`, such as those of a code `#12`.
#
# Guess: CSV has no comments, so the code #12 is a value like any other, as in RFC 4180; a library that knows comments has to be asked for them, as commons-csv, FastCSV and Super CSV have.
# Seen: all three take `#` for the mark of a comment by default, and drop the row without an error or a count of it. Quotes around the code help with univocity, but not with Liquibase.
. "$(dirname "$0")/lib.bash"
need java javac psql
maven_packages com.univocity:univocity-parsers:2.9.1 org.springframework.batch:spring-batch-infrastructure:6.0.6 org.springframework:spring-context:7.0.10 org.apache.commons:commons-csv:1.14.1 \
    de.siegmar:fastcsv:3.4.0 net.sf.supercsv:super-csv:2.4.0 org.liquibase:liquibase-core:4.31.1 org.postgresql:postgresql:42.7.5
postgres 18.4.0-beta.17
echo "univocity-parsers 2.9.1, Spring Batch 6.0.6, Liquibase 4.31.1, commons-csv 1.14.1, FastCSV 3.4.0, Super CSV 2.4.0, $(java -version 2>&1 | head -1)"

cat >"$dir/Ask.java" <<'JAVA'
import com.univocity.parsers.csv.CsvParser;
import com.univocity.parsers.csv.CsvParserSettings;
import de.siegmar.fastcsv.reader.CsvReader;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import liquibase.Liquibase;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.resource.DirectoryResourceAccessor;
import org.apache.commons.csv.CSVFormat;
import org.springframework.batch.infrastructure.item.ExecutionContext;
import org.springframework.batch.infrastructure.item.file.builder.FlatFileItemReaderBuilder;
import org.springframework.core.io.FileSystemResource;
import org.supercsv.io.CsvListReader;
import org.supercsv.prefs.CsvPreference;

/** Prints the codes that a library reads from a CSV file with a header. */
class Ask {
    public static void main(String[] args) throws Exception {
        Path file = Path.of(args[1]);
        String text = Files.readString(file);
        List<String> codes = new ArrayList<>();
        switch (args[0]) {
            case "univocity" -> {
                CsvParserSettings settings = new CsvParserSettings();
                settings.setHeaderExtractionEnabled(true);
                new CsvParser(settings).parseAll(new StringReader(text)).forEach(row -> codes.add(row[0]));
            }
            case "spring" -> {
                var reader = new FlatFileItemReaderBuilder<String>().name("facts").resource(new FileSystemResource(file)).linesToSkip(1)
                        .lineMapper((line, number) -> line.split(",")[0].replace("\"", "")).build();
                reader.open(new ExecutionContext());
                for (String code = reader.read(); code != null; code = reader.read()) {
                    codes.add(code);
                }
            }
            case "commons" -> CSVFormat.DEFAULT.builder().setHeader().setSkipHeaderRecord(true).get().parse(new StringReader(text)).forEach(row -> codes.add(row.get(0)));
            case "fastcsv" -> CsvReader.builder().ofNamedCsvRecord(text).forEach(row -> codes.add(row.getField(0)));
            case "super" -> {
                var reader = new CsvListReader(new StringReader(text), CsvPreference.STANDARD_PREFERENCE);
                reader.getHeader(true);
                for (List<String> row = reader.read(); row != null; row = reader.read()) {
                    codes.add(row.get(0));
                }
            }
            default -> {
                var connection = DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + System.getenv("PGPORT") + "/postgres", "postgres", "");
                var database = DatabaseFactory.getInstance().findCorrectDatabaseImplementation(new JdbcConnection(connection));
                new Liquibase("changes.xml", new DirectoryResourceAccessor(file.getParent()), database).update("");
                return;
            }
        }
        System.out.println(String.join(" ", codes));
    }
}
JAVA
mkdir "$dir/classes" "$dir/files"
javac -cp "$dir/jars/*" -d "$dir/classes" "$dir/Ask.java" 2>"$dir/javac.log" || { cat "$dir/javac.log"; exit 1; }
printf 'code,n\na,5\n#12,7\nb,9\n' >"$dir/files/facts.csv"
printf 'code,n\na,5\n"#12",7\nb,9\n' >"$dir/files/quoted.csv"
ask() { java -cp "$dir/classes:$dir/jars/*" Ask "$1" "$dir/files/$2.csv" 2>"$dir/java.log" || tail -3 "$dir/java.log"; }
# liquibase loads a file into a table by loadData, and prints the table's codes.
liquibase() {
    psql -Xqc "DROP TABLE IF EXISTS facts, databasechangelog, databasechangeloglock; CREATE TABLE facts (code text, n int)" 2>/dev/null
    cat >"$dir/files/changes.xml" <<XML
<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-latest.xsd">
  <changeSet id="1" author="finding"><loadData file="$1.csv" tableName="facts"/></changeSet>
</databaseChangeLog>
XML
    ask liquibase "$1" >"$dir/liquibase.log"
    psql -XqAtc "SELECT string_agg(code, ' ' ORDER BY n) FROM facts"
}
expect "univocity, the codes a, #12 and b" "$(ask univocity facts)" "a b"
expect "Spring Batch" "$(ask spring facts)" "a b"
expect "Liquibase" "$(liquibase facts)" "a b"
for library in commons fastcsv super; do expect "$library" "$(ask "$library" facts)" "a #12 b"; done
expect "univocity, with quotes around #12" "$(ask univocity quoted)" "a #12 b"
expect "Liquibase, with quotes" "$(liquibase quoted)" "a b"
verdict

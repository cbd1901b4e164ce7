import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * Prints relations as JDBC gives them: a line of JSON for each. The arguments are what
 * stands after FROM; PGHOST and its like say where.
 */
class ReadJdbc {
    private static final DateTimeFormatter MICROSECONDS = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSxxx");

    public static void main(String[] relations) throws SQLException {
        String url = "jdbc:postgresql://" + env("PGHOST") + ":" + env("PGPORT") + "/" + env("PGDATABASE");
        Properties login = new Properties();
        login.setProperty("user", env("PGUSER"));
        login.setProperty("password", env("PGPASSWORD"));
        try (Connection connection = DriverManager.getConnection(url, login); Statement statement = connection.createStatement()) {
            for (String relation : relations) {
                try (ResultSet rows = statement.executeQuery("SELECT * FROM " + relation)) {
                    System.out.println(object(relation, rows));
                }
            }
        }
    }

    private static String env(String name) {
        return System.getenv(name);
    }

    private static String object(String relation, ResultSet rows) throws SQLException {
        ResultSetMetaData about = rows.getMetaData();
        List<String> columns = new ArrayList<>();
        for (int i = 1; i <= about.getColumnCount(); i++) {
            columns.add("{\"name\":" + quote(about.getColumnName(i)) + ",\"types\":[" + quote(about.getColumnClassName(i)) + "]}");
        }
        List<String> lines = new ArrayList<>();
        while (rows.next()) {
            List<String> cells = new ArrayList<>();
            for (int i = 1; i <= about.getColumnCount(); i++) {
                cells.add(quote(text(rows, i, about.getColumnClassName(i))));
            }
            lines.add(array(cells));
        }
        return "{\"relation\":" + quote(relation) + ",\"columns\":" + array(columns) + ",\"rows\":" + array(lines) + "}";
    }

    private static String text(ResultSet rows, int column, String type) throws SQLException {
        if (type.equals("java.sql.Timestamp")) { // to be had with its zone
            OffsetDateTime time = rows.getObject(column, OffsetDateTime.class);
            return time == null ? null : MICROSECONDS.format(time.withOffsetSameInstant(ZoneOffset.UTC));
        }
        Object value = rows.getObject(column);
        return value == null ? null : value.toString();
    }

    private static String array(List<String> items) {
        return "[" + String.join(",", items) + "]";
    }

    /** The output is ASCII, whatever the platform's encoding is. */
    private static String quote(String text) {
        if (text == null) {
            return "null";
        }
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\' || c < ' ' || c > '~') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}

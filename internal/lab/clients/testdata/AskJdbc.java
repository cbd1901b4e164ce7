import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * Asks a question by JDBC on two connections by turns, as a tool's pool does: a line for
 * each way to connect. The arguments are the question, the app, and what stands after the
 * database's name in each URL; PGHOST and its like say where. A line is the rows, cells
 * separated by a bar, rows by a semicolon, or the error that came.
 */
class AskJdbc {
    private static final int TURNS = 8; // a statement is prepared at its fifth

    public static void main(String[] args) {
        for (String options : List.of(args).subList(2, args.length)) {
            try {
                System.out.println(ask(args[0], Long.parseLong(args[1]), options));
            } catch (SQLException e) {
                System.out.println("error " + e.getSQLState() + ": " + e.getMessage());
            }
        }
    }

    private static String ask(String question, long app, String options) throws SQLException {
        String answer = null;
        try (Connection one = connect(options); Connection other = connect(options);
                PreparedStatement first = one.prepareStatement(question); PreparedStatement second = other.prepareStatement(question)) {
            for (int turn = 0; turn < 2 * TURNS; turn++) {
                PreparedStatement statement = turn % 2 == 0 ? first : second;
                statement.setLong(1, app);
                answer = rows(statement.executeQuery());
            }
        }
        return answer;
    }

    private static Connection connect(String options) throws SQLException {
        Properties login = new Properties();
        login.setProperty("user", System.getenv("PGUSER"));
        login.setProperty("password", System.getenv("PGPASSWORD"));
        return DriverManager.getConnection("jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/"
                + System.getenv("PGDATABASE") + options, login);
    }

    private static String rows(ResultSet rows) throws SQLException {
        List<String> lines = new ArrayList<>();
        while (rows.next()) {
            lines.add(rows.getString(1) + "|" + rows.getLong(2));
        }
        return String.join(";", lines);
    }
}

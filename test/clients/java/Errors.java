import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.List;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * SQLSTATE, position, detail, hint and the names of what an error is about; notices as warnings.
 */
final class Errors {
  private static final List<String> WRONG =
      List.of(
          "SELEC 1",
          "SELECT * FROM nowhere",
          "SELECT 'ü', nope FROM java_errors",
          "SELECT nope(1)",
          "SELECT 1 + 'x'",
          "SELECT 1 / (n - n) FROM java_errors",
          "SELECT 'abc'::int",
          "SELECT '2024-13-01'::date",
          "SELECT 99999999999::int4",
          "INSERT INTO java_errors VALUES (1, 'again', 1)",
          "INSERT INTO java_errors VALUES (2, NULL, 1)",
          "INSERT INTO java_errors VALUES (2, 'x', 1, 4)",
          "INSERT INTO java_errors (id, nope) VALUES (2, 'x')",
          "INSERT INTO java_errors (id, t) VALUES (2, 'much too long')",
          "SELECT id, count(*) FROM java_errors",
          "CREATE TABLE java_errors (n int)",
          "DROP TABLE nowhere",
          "SET nothing_known = 1",
          "SET statement_timeout = 'soon'");

  static void run(Server server, Report report) throws SQLException {
    for (String mode : List.of("extended", "simple")) {
      try (Connection connection = server.connect("preferQueryMode=" + mode)) {
        Server.run(
            connection,
            "DROP TABLE IF EXISTS java_errors",
            "CREATE TABLE java_errors (id int PRIMARY KEY, t varchar(10) NOT NULL, n int)",
            "INSERT INTO java_errors VALUES (1, 'one', 5)");
        for (String text : WRONG) report.see(mode + ", " + text, errorOf(connection, text));
        report.attempt(mode + ", parameters", () -> parameters(connection, mode, report));
        report.attempt(mode + ", notices", () -> notices(connection, mode, report));
      }
    }
  }

  private static String errorOf(Connection connection, String text) throws SQLException {
    try {
      Server.run(connection, text);
      return "no error";
    } catch (PSQLException error) {
      return describe(error.getServerErrorMessage());
    }
  }

  private static String describe(ServerErrorMessage message) {
    return String.join(
        "; ",
        message.getSeverity(),
        message.getSQLState(),
        message.getMessage(),
        "position " + message.getPosition(),
        "detail " + message.getDetail(),
        "hint " + message.getHint(),
        "schema " + message.getSchema(),
        "table " + message.getTable(),
        "column " + message.getColumn(),
        "constraint " + message.getConstraint());
  }

  private static void parameters(Connection connection, String mode, Report report)
      throws SQLException {
    try (PreparedStatement select = connection.prepareStatement("SELECT ?::int, ?")) {
      select.setString(1, "many");
      select.setString(2, "x");
      report.refused(
          mode + ", a bad parameter",
          "22P02",
          "invalid input syntax for type integer: \"many\"",
          select::executeQuery);
    }
    try (PreparedStatement select = connection.prepareStatement("SELECT ?::text")) {
      select.setString(1, "a\0b");
      select.executeQuery();
      report.equal(mode + ", a zero byte", "done", "an exception");
    } catch (PSQLException error) {
      report.see(mode + ", a zero byte", describe(error.getServerErrorMessage()));
    }
    try (PreparedStatement select = connection.prepareStatement("SELECT ? + ?")) {
      select.setString(1, "a");
      select.setInt(2, 1);
      select.executeQuery();
      report.equal(mode + ", text + integer", "done", "an exception");
    } catch (PSQLException error) {
      report.see(mode + ", text + integer", describe(error.getServerErrorMessage()));
    }
    report.equal(mode + ", still alive", Server.value(connection, "SELECT 1"), "1");
  }

  private static void notices(Connection connection, String mode, Report report)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String text :
          List.of("DROP TABLE IF EXISTS nowhere", "COMMIT", "CREATE SCHEMA IF NOT EXISTS public")) {
        statement.clearWarnings();
        statement.execute(text);
        SQLWarning warning = statement.getWarnings();
        report.see(
            mode + ", notice of " + text,
            warning == null ? null : warning.getSQLState() + " " + warning);
      }
    }
  }
}

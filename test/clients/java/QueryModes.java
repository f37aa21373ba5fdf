import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * Several statements in one execute, empty statements and update counts, in each of pgjdbc's query
 * modes.
 */
final class QueryModes {
  static void run(Server server, Report report) throws SQLException {
    for (String mode :
        List.of("simple", "extended", "extendedForPrepared", "extendedCacheEverything")) {
      try (Connection connection = server.connect("preferQueryMode=" + mode)) {
        Server.run(
            connection,
            "DROP TABLE IF EXISTS java_modes",
            "CREATE TABLE java_modes (n int PRIMARY KEY, t text)");
        report.attempt(mode, () -> several(connection, mode, report));
        report.attempt(mode + ", parameters", () -> withParameters(connection, mode, report));
        report.attempt(mode + ", failing", () -> failing(connection, mode, report));
        report.attempt(mode + ", empty", () -> empty(connection, mode, report));
      }
    }
  }

  private static void several(Connection connection, String mode, Report report)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      boolean isRows =
          statement.execute(
              "INSERT INTO java_modes VALUES (1, 'a'), (2, 'b;c'); SELECT n, t FROM java_modes"
                  + " ORDER BY n; UPDATE java_modes SET t = 'd'; SELECT 'x' AS one; DELETE FROM"
                  + " java_modes WHERE n = 1");
      report.equal(
          mode + ", results", results(statement, isRows), List.of("2", "1 a|2 b;c", "2", "x", "1"));
    }
  }

  private static List<String> results(Statement statement, boolean isRows) throws SQLException {
    List<String> results = new ArrayList<>();
    for (boolean more = isRows;
        more || statement.getUpdateCount() != -1;
        more = statement.getMoreResults()) {
      results.add(
          more ? rows(statement.getResultSet()) : String.valueOf(statement.getUpdateCount()));
    }
    return results;
  }

  static String rows(ResultSet rows) throws SQLException {
    int columns = rows.getMetaData().getColumnCount();
    List<String> texts = new ArrayList<>();
    while (rows.next()) {
      List<String> cells = new ArrayList<>();
      for (int column = 1; column <= columns; column++) cells.add(rows.getString(column));
      texts.add(String.join(" ", cells));
    }
    return String.join("|", texts);
  }

  private static void withParameters(Connection connection, String mode, Report report)
      throws SQLException {
    String text = "INSERT INTO java_modes VALUES (?, ?); SELECT t FROM java_modes WHERE n = ?";
    try (PreparedStatement statement = connection.prepareStatement(text)) {
      for (int execution = 10; execution < 20; execution++) {
        statement.setInt(1, execution);
        statement.setString(2, "it's " + execution);
        statement.setInt(3, execution);
        report.equal(
            mode + ", results",
            results(statement, statement.execute()),
            List.of("1", "it's " + execution));
      }
    }
  }

  /** All of an execute is one transaction. */
  private static void failing(Connection connection, String mode, Report report)
      throws SQLException {
    String text =
        "INSERT INTO java_modes VALUES (100, 'x'); SELECT 1 / 0; INSERT INTO java_modes VALUES"
            + " (101, 'y')";
    report.refused(
        mode + ", failing", "22012", "division by zero", () -> Server.run(connection, text));
    String count = Server.value(connection, "SELECT count(*) FROM java_modes WHERE n >= 100");
    report.equal(mode + ", nothing is kept", count, "0");
  }

  private static void empty(Connection connection, String mode, Report report) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String text : List.of("", ";", " -- nothing", "/* nothing */ ;;")) {
        report.equal(mode + ", rows of '" + text + "'", statement.execute(text), false);
        report.see(mode + ", count of '" + text + "'", statement.getUpdateCount());
      }
      report.equal(mode + ", valid", connection.isValid(5), true);
    }
  }
}

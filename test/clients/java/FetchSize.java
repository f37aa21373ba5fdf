import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * Fetch sizes: portals that stop after some rows, several of them at once, with statements between.
 */
final class FetchSize {
  private static final String SERIES = "SELECT g, 'row ' || g AS t FROM generate_series(1, ?) g";

  static void run(Server server, Report report) throws SQLException {
    for (String option :
        List.of("prepareThreshold=5", "prepareThreshold=-1", "adaptiveFetch=true")) {
      try (Connection connection = server.connect(option)) {
        connection.setAutoCommit(false);
        for (int size : new int[] {1, 7, 100, 1000}) {
          report.attempt("size " + size, () -> sum(connection, 200, size, report));
        }
        report.attempt("long", () -> sum(connection, 20_000, 1_000, report));
        report.attempt("two at once", () -> twoAtOnce(connection, report));
        report.attempt("maximum", () -> maximum(connection, report));
        report.attempt("closed early", () -> closedEarly(connection, report));
        report.attempt("error in the middle", () -> errorInTheMiddle(connection, report));
      }
    }
    report.attempt("autocommit", () -> autocommit(server, report));
  }

  private static void sum(Connection connection, int rows, int size, Report report)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SERIES)) {
      statement.setFetchSize(size);
      for (int execution = 1; execution <= (rows > 1000 ? 1 : 7); execution++) {
        statement.setInt(1, rows);
        report.equal(
            "sum of " + rows + " by " + size,
            sum(statement.executeQuery()),
            rows * (rows + 1L) / 2);
      }
    }
    connection.commit();
  }

  private static long sum(ResultSet rows) throws SQLException {
    long sum = 0;
    while (rows.next()) sum += rows.getInt(1);
    rows.close();
    return sum;
  }

  private static void twoAtOnce(Connection connection, Report report) throws SQLException {
    try (PreparedStatement first = connection.prepareStatement(SERIES);
        PreparedStatement second = connection.prepareStatement(SERIES)) {
      first.setFetchSize(3);
      second.setFetchSize(2);
      first.setInt(1, 10);
      second.setInt(1, 10);
      try (ResultSet left = first.executeQuery();
          ResultSet right = second.executeQuery()) {
        long sum = 0;
        while (left.next() && right.next()) sum += left.getInt(1) * right.getInt(1);
        report.equal("sum of squares", sum, 385L);
        report.equal("a statement between", Server.value(connection, "SELECT 7"), "7");
      }
    }
    connection.commit();
  }

  private static void maximum(Connection connection, Report report) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SERIES)) {
      statement.setInt(1, 100);
      statement.setMaxRows(10);
      report.equal("at most 10", sum(statement.executeQuery()), 55L);
      statement.setFetchSize(4);
      report.equal("at most 10, by 4", sum(statement.executeQuery()), 55L);
    }
    connection.commit();
  }

  private static void closedEarly(Connection connection, Report report) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SERIES)) {
      statement.setFetchSize(5);
      statement.setInt(1, 200_000);
      ResultSet rows = statement.executeQuery();
      for (int row = 1; row <= 12; row++) rows.next();
      report.equal("row 12", rows.getString(2), "row 12");
      rows.close();
      report.equal("afterwards", Server.value(connection, "SELECT 'fine'"), "fine");
    }
    connection.commit();
  }

  private static void errorInTheMiddle(Connection connection, Report report) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT 1000 / (9 - g) FROM generate_series(1, 20) g")) {
      statement.setFetchSize(5);
      report.refused(
          "the ninth row", "22012", "division by zero", () -> sum(statement.executeQuery()));
      String state =
          "current transaction is aborted, commands ignored until end of transaction block";
      report.refused("then", "25P02", state, () -> Server.value(connection, "SELECT 1"));
      connection.rollback();
      report.equal("after the rollback", Server.value(connection, "SELECT 1"), "1");
    }
    connection.commit();
  }

  /** Without a transaction pgjdbc reads everything at once, whatever the fetch size. */
  private static void autocommit(Server server, Report report) throws SQLException {
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement()) {
      statement.setFetchSize(10);
      report.equal(
          "sum", sum(statement.executeQuery("SELECT g FROM generate_series(1, 1000) g")), 500_500L);
    }
  }
}

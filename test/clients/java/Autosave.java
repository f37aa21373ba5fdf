import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/** autosave: a savepoint around each statement, so that a transaction outlives a failed one. */
final class Autosave {
  static void run(Server server, Report report) throws SQLException {
    for (String mode : List.of("extended", "simple")) {
      try (Connection connection = server.connect("autosave=always", "preferQueryMode=" + mode)) {
        report.attempt(mode + ", always", () -> survives(connection, mode, report));
      }
    }
    try (Connection connection = server.connect("autosave=conservative");
        Connection other = server.connect()) {
      report.attempt("conservative", () -> replans(connection, other, report));
    }
  }

  private static void survives(Connection connection, String mode, Report report)
      throws SQLException {
    Server.run(
        connection,
        "DROP TABLE IF EXISTS java_save",
        "CREATE TABLE java_save (id int PRIMARY KEY)");
    connection.setAutoCommit(false);
    Server.run(connection, "INSERT INTO java_save VALUES (1)");
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO java_save VALUES (?)")) {
      for (int id = 0; id < 12; id++) {
        insert.setInt(1, id / 2 + 1);
        boolean isKnown = id < 2 || id % 2 == 1;
        String message = "duplicate key value violates unique constraint \"java_save_pkey\"";
        if (isKnown) report.refused(mode + ", row " + id, "23505", message, insert::executeUpdate);
        else report.equal(mode + ", row " + id, insert.executeUpdate(), 1);
      }
    }
    report.refused(
        mode + ", syntax",
        "42601",
        "syntax error at or near \"nothing\"",
        () -> Server.run(connection, "nothing"));
    connection.commit();
    connection.setAutoCommit(true);
    report.equal(mode + ", kept", Server.value(connection, "SELECT count(*) FROM java_save"), "6");
  }

  /** A prepared statement whose table changed is prepared again, inside the transaction. */
  private static void replans(Connection connection, Connection other, Report report)
      throws SQLException {
    Server.run(connection, "DROP TABLE IF EXISTS java_save", "CREATE TABLE java_save (a int)");
    Server.run(connection, "INSERT INTO java_save VALUES (1)");
    try (PreparedStatement select = connection.prepareStatement("SELECT * FROM java_save")) {
      for (int execution = 1; execution <= 7; execution++) select.executeQuery().close();
      connection.setAutoCommit(false);
      report.equal("before", Server.value(connection, "SELECT 1"), "1");
      Server.run(other, "DROP TABLE java_save", "CREATE TABLE java_save (a text, b int)");
      Server.run(other, "INSERT INTO java_save VALUES ('x', 2)");
      try (ResultSet rows = select.executeQuery()) {
        report.equal("columns", rows.getMetaData().getColumnCount(), 2);
      }
      connection.commit();
      connection.setAutoCommit(true);
    }
  }
}

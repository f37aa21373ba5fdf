import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** RETURNING, as pgjdbc adds it for generated keys and as people write it. */
final class GeneratedKeys {
  static void run(Server server, Report report) throws SQLException {
    try (Connection connection = server.connect()) {
      Server.run(
          connection,
          "DROP TABLE IF EXISTS java_keys",
          "CREATE TABLE java_keys (id int PRIMARY KEY, name text, made timestamptz DEFAULT now(), n"
              + " int DEFAULT 7)");
      report.attempt("all columns", () -> allColumns(connection, report));
      report.attempt("named columns", () -> namedColumns(connection, report));
      report.attempt("written", () -> written(connection, report));
    }
  }

  private static void allColumns(Connection connection, Report report) throws SQLException {
    String text = "INSERT INTO java_keys (id, name) VALUES (?, ?)";
    try (PreparedStatement insert =
        connection.prepareStatement(text, Statement.RETURN_GENERATED_KEYS)) {
      for (int id = 1; id <= 8; id++) {
        insert.setInt(1, id);
        insert.setString(2, "n");
        report.equal("count", insert.executeUpdate(), 1);
        try (ResultSet keys = insert.getGeneratedKeys()) {
          report.equal("has a key", keys.next(), true);
          report.equal("id", keys.getInt("id"), id);
          report.equal("default", keys.getInt("n"), 7);
          report.equal("made", keys.getTimestamp("made") != null, true);
        }
      }
    }
  }

  private static void namedColumns(Connection connection, Report report) throws SQLException {
    String text = "UPDATE java_keys SET n = n + id WHERE id <= 3";
    try (Statement statement = connection.createStatement()) {
      report.equal("count", statement.executeUpdate(text, new String[] {"id", "n"}), 3);
      try (ResultSet keys = statement.getGeneratedKeys()) {
        report.equal("columns", keys.getMetaData().getColumnCount(), 2);
        int sum = 0;
        while (keys.next()) sum += keys.getInt("n");
        report.equal("sum", sum, 27);
      }
    }
  }

  private static void written(Connection connection, Report report) throws SQLException {
    String text = "DELETE FROM java_keys WHERE id > ? RETURNING id AS gone, upper(name) AS name";
    try (PreparedStatement delete = connection.prepareStatement(text)) {
      delete.setInt(1, 6);
      report.equal("is rows", delete.execute(), true);
      try (ResultSet rows = delete.getResultSet()) {
        int count = 0;
        while (rows.next()) count++;
        report.equal("rows", count, 2);
        report.equal("label", rows.getMetaData().getColumnLabel(1), "gone");
      }
    }
  }
}

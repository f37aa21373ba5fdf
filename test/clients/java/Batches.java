import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * addBatch and executeBatch, also rewritten to multi-row VALUES, with failing rows and with
 * generated keys.
 */
final class Batches {
  static void run(Server server, Report report) throws SQLException {
    for (String option : List.of("reWriteBatchedInserts=false", "reWriteBatchedInserts=true")) {
      for (String mode : List.of("extended", "simple", "extendedCacheEverything")) {
        String way = mode + ", " + option;
        try (Connection connection = server.connect(option, "preferQueryMode=" + mode)) {
          report.attempt(way + ", sizes", () -> sizes(connection, way, report));
          report.attempt(way + ", failing", () -> failing(connection, way, report));
          report.attempt(way + ", keys", () -> keys(connection, way, report));
          report.attempt(way + ", mixed", () -> mixed(connection, way, report));
          report.attempt(way + ", upserts", () -> upserts(connection, way, report));
        }
      }
    }
  }

  private static void create(Connection connection) throws SQLException {
    Server.run(
        connection,
        "DROP TABLE IF EXISTS java_batch",
        "CREATE TABLE java_batch (id int PRIMARY KEY, name text NOT NULL, price numeric(10,2))");
  }

  private static void sizes(Connection connection, String way, Report report) throws SQLException {
    create(connection);
    int id = 0;
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO java_batch VALUES (?, ?, ?)")) {
      for (int size : new int[] {1, 2, 3, 127, 128, 300}) {
        for (int row = 0; row < size; row++) {
          id++;
          insert.setInt(1, id);
          insert.setString(2, "name " + id);
          insert.setBigDecimal(3, new java.math.BigDecimal(id).movePointLeft(2));
          insert.addBatch();
        }
        report.equal(way + ", counts of " + size, insert.executeBatch().length, size);
      }
    }
    String all = Server.value(connection, "SELECT count(*) || ' ' || sum(price) FROM java_batch");
    report.equal(way + ", all", all, "561 1576.41");
    try (PreparedStatement update =
        connection.prepareStatement("UPDATE java_batch SET price = ? WHERE id <= ?")) {
      for (int row = 1; row <= 4; row++) {
        update.setInt(1, row);
        update.setInt(2, row * 2);
        update.addBatch();
      }
      report.equal(way + ", updated", update.executeBatch(), new int[] {2, 4, 6, 8});
    }
  }

  private static void failing(Connection connection, String way, Report report)
      throws SQLException {
    create(connection);
    connection.setAutoCommit(false);
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO java_batch (id, name) VALUES (?, ?)")) {
      for (int row = 1; row <= 10; row++) {
        insert.setInt(1, row);
        insert.setString(2, row == 6 ? null : "x");
        insert.addBatch();
      }
      insert.executeBatch();
      report.equal(way + ", a batch with a failing row", "done", "an exception");
    } catch (BatchUpdateException error) {
      SQLException cause = (SQLException) error.getCause();
      report.equal(way + ", SQLSTATE", cause.getSQLState(), "23502");
      report.see(way + ", message", Report.serverMessage(cause));
      report.see(way + ", counts", error.getUpdateCounts());
    }
    connection.rollback();
    connection.setAutoCommit(true);
    report.equal(
        way + ", rows kept", Server.value(connection, "SELECT count(*) FROM java_batch"), "0");
  }

  private static void keys(Connection connection, String way, Report report) throws SQLException {
    create(connection);
    String text = "INSERT INTO java_batch (id, name) VALUES (?, ?)";
    try (PreparedStatement insert =
        connection.prepareStatement(text, new String[] {"id", "name"})) {
      for (int row = 1; row <= 150; row++) {
        insert.setInt(1, row);
        insert.setString(2, "n" + row);
        insert.addBatch();
      }
      report.equal(way + ", counts with keys", insert.executeBatch().length, 150);
      List<String> keys = new ArrayList<>();
      try (ResultSet rows = insert.getGeneratedKeys()) {
        while (rows.next()) keys.add(rows.getInt("id") + rows.getString("name"));
      }
      report.equal(way + ", keys", keys.size() + keys.get(0) + keys.get(149), "1501n1150n150");
    }
  }

  private static void mixed(Connection connection, String way, Report report) throws SQLException {
    create(connection);
    try (Statement statement = connection.createStatement()) {
      statement.addBatch("INSERT INTO java_batch VALUES (1, 'a', 1), (2, 'b', 2)");
      statement.addBatch("UPDATE java_batch SET price = price + 1");
      statement.addBatch("DELETE FROM java_batch WHERE id = 1");
      report.equal(way + ", counts", statement.executeBatch(), new int[] {2, 2, 1});
      statement.addBatch("INSERT INTO java_batch VALUES (3, 'c', 3)");
      statement.addBatch("SELECT nothing");
      statement.executeBatch();
      report.equal(way + ", an unknown column", "done", "an exception");
    } catch (BatchUpdateException error) {
      report.equal(way + ", SQLSTATE", error.getSQLState(), "42703");
      report.see(way + ", counts before the failing one", error.getUpdateCounts());
    }
    report.see(way + ", rows kept", Server.value(connection, "SELECT count(*) FROM java_batch"));
  }

  /** As stream processors write their results. */
  private static void upserts(Connection connection, String way, Report report)
      throws SQLException {
    create(connection);
    String text =
        "INSERT INTO java_batch (id, name, price) VALUES (?, ?, ?) ON CONFLICT (id)"
            + " DO UPDATE SET name = EXCLUDED.name, price = java_batch.price + EXCLUDED.price";
    connection.setAutoCommit(false);
    try (PreparedStatement upsert = connection.prepareStatement(text)) {
      for (int round = 0; round < 3; round++) {
        for (int id = 1; id <= 100; id++) {
          upsert.setInt(1, id + round * 10);
          upsert.setString(2, "round " + round);
          upsert.setInt(3, 1);
          upsert.addBatch();
        }
        report.see(way + ", counts", upsert.executeBatch());
        connection.commit();
      }
    }
    String all = "SELECT count(*) || ' ' || sum(price) || ' ' || max(name) FROM java_batch";
    report.equal(way + ", upserted", Server.value(connection, all), "120 300.00 round 2");
    connection.commit();
    connection.setAutoCommit(true);
  }
}

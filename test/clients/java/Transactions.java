import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.List;

/** Autocommit off, isolation levels, read-only transactions, savepoints, conflicts. */
final class Transactions {
  private static final String COUNT = "SELECT count(*) FROM java_tx";

  static void run(Server server, Report report) throws SQLException {
    try (Connection first = server.connect("readOnlyMode=always");
        Connection second = server.connect()) {
      Server.run(
          first,
          "DROP TABLE IF EXISTS java_tx",
          "CREATE TABLE java_tx (id int PRIMARY KEY, n int)");
      report.attempt("visibility", () -> visibility(first, second, report));
      report.attempt("isolation", () -> isolation(first, second, report));
      report.attempt("read only", () -> readOnly(first, report));
      report.attempt("savepoints", () -> savepoints(first, report));
      report.attempt("conflict", () -> conflict(first, second, report));
      report.attempt("failed commit", () -> failedCommit(first, report));
    }
  }

  private static void visibility(Connection first, Connection second, Report report)
      throws SQLException {
    first.setAutoCommit(false);
    Server.run(first, "INSERT INTO java_tx VALUES (1, 1)");
    report.equal("own writes", Server.value(first, COUNT), "1");
    report.equal("not another's", Server.value(second, COUNT), "0");
    first.rollback();
    report.equal("rolled back", Server.value(first, COUNT), "0");
    Server.run(first, "INSERT INTO java_tx VALUES (1, 1), (2, 2)");
    first.commit();
    report.equal("committed", Server.value(second, COUNT), "2");
    first.setAutoCommit(true);
  }

  private static void isolation(Connection first, Connection second, Report report)
      throws SQLException {
    List<Integer> levels =
        List.of(
            Connection.TRANSACTION_READ_UNCOMMITTED,
            Connection.TRANSACTION_READ_COMMITTED,
            Connection.TRANSACTION_REPEATABLE_READ,
            Connection.TRANSACTION_SERIALIZABLE);
    for (int level : levels) {
      first.setTransactionIsolation(level);
      report.equal("level", first.getTransactionIsolation(), level);
      first.setAutoCommit(false);
      report.see("level " + level, Server.value(first, "SHOW transaction_isolation"));
      String before = Server.value(first, COUNT);
      Server.run(second, "INSERT INTO java_tx VALUES (" + (100 + level) + ", 0)");
      boolean isOne = level >= Connection.TRANSACTION_REPEATABLE_READ;
      report.equal("one state at level " + level, before.equals(Server.value(first, COUNT)), isOne);
      first.commit();
      first.setAutoCommit(true);
    }
    first.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
  }

  private static void readOnly(Connection connection, Report report) throws SQLException {
    connection.setReadOnly(true);
    connection.setAutoCommit(false);
    String message = "cannot execute INSERT in a read-only transaction";
    report.refused(
        "a write",
        "25006",
        message,
        () -> Server.run(connection, "INSERT INTO java_tx VALUES (500, 1)"));
    connection.rollback();
    connection.setAutoCommit(true);
    report.refused(
        "a write by itself",
        "25006",
        message,
        () -> Server.run(connection, "INSERT INTO java_tx VALUES (500, 1)"));
    connection.setReadOnly(false);
    report.equal("writable", Server.value(connection, "SHOW default_transaction_read_only"), "off");
  }

  private static void savepoints(Connection connection, Report report) throws SQLException {
    Server.run(connection, "DELETE FROM java_tx");
    connection.setAutoCommit(false);
    Server.run(connection, "INSERT INTO java_tx VALUES (1, 1)");
    Savepoint outer = connection.setSavepoint("outer \"point\"");
    Server.run(connection, "INSERT INTO java_tx VALUES (2, 2)");
    Savepoint inner = connection.setSavepoint();
    Server.run(connection, "INSERT INTO java_tx VALUES (3, 3)");
    String message = "duplicate key value violates unique constraint \"java_tx_pkey\"";
    report.refused(
        "a key twice",
        "23505",
        message,
        () -> Server.run(connection, "INSERT INTO java_tx VALUES (1, 0)"));
    connection.rollback(inner);
    report.equal("after the inner one", Server.value(connection, COUNT), "2");
    connection.releaseSavepoint(inner);
    connection.rollback(outer);
    report.equal("after the outer one", Server.value(connection, COUNT), "1");
    connection.commit();
    connection.setAutoCommit(true);
    report.equal("kept", Server.value(connection, COUNT), "1");
  }

  private static void conflict(Connection first, Connection second, Report report)
      throws SQLException {
    for (Connection connection : List.of(first, second)) {
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      connection.setAutoCommit(false);
      Server.value(connection, COUNT);
    }
    Server.run(first, "UPDATE java_tx SET n = n + 1 WHERE id = 1");
    first.commit();
    report.refused(
        "the second",
        "40001",
        "could not serialize access due to concurrent update",
        () -> {
          Server.run(second, "UPDATE java_tx SET n = n + 10 WHERE id = 1");
          second.commit();
        });
    second.rollback();
    for (Connection connection : List.of(first, second)) {
      connection.setAutoCommit(true);
      connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
    }
    report.equal("the first won", Server.value(second, "SELECT n FROM java_tx WHERE id = 1"), "2");
  }

  /** COMMIT of a failed transaction answers ROLLBACK. */
  private static void failedCommit(Connection connection, Report report) throws SQLException {
    connection.setAutoCommit(false);
    report.refused(
        "the failure",
        "42703",
        "column \"x\" does not exist",
        () -> Server.run(connection, "SELECT x"));
    connection.commit();
    connection.setAutoCommit(true);
  }
}

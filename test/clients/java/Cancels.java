import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.postgresql.PGConnection;

/**
 * Statement.cancel, query time-outs and statement_timeout: running statements end, the connection
 * lives on.
 */
final class Cancels {
  private static final String SLEEP = "SELECT pg_sleep(60)";
  private static final String WORK = "SELECT count(*) FROM generate_series(1, 100000000000) g";
  private static final String BY_USER = "canceling statement due to user request";

  static void run(Server server, Report report) throws SQLException {
    // The newer protocol has longer keys of cancelling; PostgreSQL 15 answers that it does not know
    // it.
    for (String mode :
        new String[] {
          "preferQueryMode=extended", "preferQueryMode=simple", "protocolVersion=3.2"
        }) {
      try (Connection connection = server.connect(mode)) {
        report.attempt(mode + ", cancel", () -> cancel(connection, mode, report));
        report.attempt(mode + ", timeout", () -> timeout(connection, mode, report));
        report.attempt(mode + ", server timeout", () -> serverTimeout(connection, mode, report));
        report.attempt(mode + ", transaction", () -> inTransaction(connection, mode, report));
      }
    }
  }

  private static void cancel(Connection connection, String mode, Report report) throws Exception {
    for (String text : new String[] {SLEEP, WORK}) {
      try (Statement statement = connection.createStatement()) {
        report.refused(
            mode + ", cancel of " + text, "57014", BY_USER, () -> cancelled(statement, text));
        report.equal(mode + ", afterwards", Server.value(connection, "SELECT 1"), "1");
        statement.cancel();
        report.equal(mode + ", cancel of nothing", Server.value(connection, "SELECT 2"), "2");
      }
    }
  }

  /**
   * A cancel that comes before the statement has no effect, and a Statement sends one only: the
   * connection sends more until the statement ends.
   */
  private static void cancelled(Statement statement, String text) throws Exception {
    PGConnection connection = statement.getConnection().unwrap(PGConnection.class);
    CountDownLatch isOver = new CountDownLatch(1);
    Thread canceller =
        new Thread(
            () -> {
              try {
                if (isOver.await(50, TimeUnit.MILLISECONDS)) return;
                statement.cancel();
                while (!isOver.await(1, TimeUnit.SECONDS)) connection.cancelQuery();
              } catch (InterruptedException | SQLException error) {
                throw new IllegalStateException(error);
              }
            });
    canceller.start();
    try {
      statement.execute(text);
    } finally {
      isOver.countDown();
      canceller.join();
      // Takes a cancel that came late.
      statement.getConnection().isValid(10);
    }
  }

  private static void timeout(Connection connection, String mode, Report report)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SLEEP)) {
      statement.setQueryTimeout(1);
      report.refused(mode + ", query timeout", "57014", BY_USER, statement::executeQuery);
    }
    try (PreparedStatement statement = connection.prepareStatement("SELECT 1")) {
      statement.setQueryTimeout(60);
      report.equal(mode + ", in time", statement.execute(), true);
    }
  }

  private static void serverTimeout(Connection connection, String mode, Report report)
      throws SQLException {
    Server.run(connection, "SET statement_timeout = 100");
    String message = "canceling statement due to statement timeout";
    report.refused(
        mode + ", statement_timeout", "57014", message, () -> Server.value(connection, SLEEP));
    Server.run(connection, "RESET statement_timeout");
    report.equal(mode + ", reset", Server.value(connection, "SHOW statement_timeout"), "0");
  }

  private static void inTransaction(Connection connection, String mode, Report report)
      throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      report.refused(
          mode + ", in a transaction", "57014", BY_USER, () -> cancelled(statement, SLEEP));
    }
    String failed =
        "current transaction is aborted, commands ignored until end of transaction block";
    report.refused(mode + ", failed", "25P02", failed, () -> Server.value(connection, "SELECT 1"));
    connection.rollback();
    connection.setAutoCommit(true);
    report.equal(mode + ", rolled back", Server.value(connection, "SELECT 1"), "1");
  }
}

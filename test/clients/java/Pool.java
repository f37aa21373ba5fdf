import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** HikariCP: connections that are checked, reset and shared by threads. */
final class Pool {
  private static final int THREADS = 8;

  static void run(Server server, Report report) throws Exception {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(server.url());
    config.setMaximumPoolSize(4);
    config.setAutoCommit(false);
    config.setTransactionIsolation("TRANSACTION_REPEATABLE_READ");
    try (Connection connection = server.connect()) {
      Server.run(
          connection,
          "DROP TABLE IF EXISTS java_pool",
          "CREATE TABLE java_pool (id int PRIMARY KEY, n int)");
    }
    try (HikariDataSource pool = new HikariDataSource(config)) {
      report.equal("threads", sum(pool), THREADS * 50);
      try (Connection connection = pool.getConnection()) {
        connection.setReadOnly(true);
        report.equal(
            "rows",
            Server.value(connection, "SELECT count(*) FROM java_pool"),
            String.valueOf(THREADS * 50));
        report.equal(
            "level", Server.value(connection, "SHOW transaction_isolation"), "repeatable read");
      }
      try (Connection connection = pool.getConnection()) {
        report.equal("read only is reset", connection.isReadOnly(), false);
        Server.run(connection, "INSERT INTO java_pool VALUES (-1, 0)");
      }
      try (Connection connection = pool.getConnection()) {
        String left = Server.value(connection, "SELECT count(*) FROM java_pool WHERE id < 0");
        report.equal("what was not committed is rolled back", left, "0");
      }
    }
  }

  /** Each thread inserts 50 rows in as many transactions; the number of rows that were inserted. */
  private static int sum(HikariDataSource pool) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    List<Future<Integer>> results = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      int first = thread * 50;
      results.add(threads.submit(() -> insert(pool, first)));
    }
    int sum = 0;
    for (Future<Integer> result : results) sum += result.get();
    threads.shutdown();
    return sum;
  }

  private static int insert(HikariDataSource pool, int first) throws Exception {
    int inserted = 0;
    for (int id = first; id < first + 50; id++) {
      try (Connection connection = pool.getConnection();
          PreparedStatement insert =
              connection.prepareStatement("INSERT INTO java_pool VALUES (?, ?) RETURNING id")) {
        insert.setInt(1, id);
        insert.setInt(2, id % 7);
        try (ResultSet rows = insert.executeQuery()) {
          if (rows.next() && rows.getInt(1) == id) inserted++;
        }
        connection.commit();
      }
    }
    return inserted;
  }
}

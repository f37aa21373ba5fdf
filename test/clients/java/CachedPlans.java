import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Prepared statements whose table, settings or existence changed under them; many statements at
 * once.
 */
final class CachedPlans {
  static void run(Server server, Report report) throws SQLException {
    report.attempt("changed table", () -> changedTable(server, report));
    report.attempt("search path", () -> searchPath(server, report));
    report.attempt("deallocated", () -> deallocated(server, report));
    report.attempt("many", () -> many(server, report));
    report.attempt("wide", () -> wide(server, report));
  }

  /** Outside a transaction pgjdbc prepares again by itself. */
  private static void changedTable(Server server, Report report) throws SQLException {
    try (Connection connection = server.connect("prepareThreshold=1");
        Connection other = server.connect()) {
      Server.run(other, "DROP TABLE IF EXISTS java_plan", "CREATE TABLE java_plan (a int)");
      Server.run(other, "INSERT INTO java_plan VALUES (1)");
      try (PreparedStatement select = connection.prepareStatement("SELECT * FROM java_plan")) {
        for (int execution = 1; execution <= 3; execution++) {
          report.equal("first", first(select), "1");
        }
        Server.run(other, "DROP TABLE java_plan", "CREATE TABLE java_plan (a int)");
        report.equal("the same columns, empty", first(select), "no row");
        Server.run(other, "DROP TABLE java_plan", "CREATE TABLE java_plan (a text, b int)");
        Server.run(other, "INSERT INTO java_plan VALUES ('x', 1)");
        report.equal("other columns", first(select), "x");
        Server.run(other, "DROP TABLE java_plan");
        String message = "relation \"java_plan\" does not exist";
        report.refused("no table", "42P01", message, () -> first(select));
      }
    }
  }

  private static String first(PreparedStatement select) throws SQLException {
    try (ResultSet rows = select.executeQuery()) {
      return rows.next() ? rows.getString(1) : "no row";
    }
  }

  private static void searchPath(Server server, Report report) throws SQLException {
    try (Connection connection = server.connect("prepareThreshold=1")) {
      Server.run(
          connection,
          "DROP TABLE IF EXISTS java_other.plan",
          "DROP SCHEMA IF EXISTS java_other",
          "DROP TABLE IF EXISTS public.plan",
          "CREATE SCHEMA java_other",
          "CREATE TABLE java_other.plan (a int)",
          "INSERT INTO java_other.plan VALUES (2)",
          "CREATE TABLE public.plan (a int)",
          "INSERT INTO public.plan VALUES (1)");
      try (PreparedStatement select = connection.prepareStatement("SELECT a FROM plan")) {
        for (int execution = 1; execution <= 6; execution++)
          report.equal("public", first(select), "1");
        Server.run(connection, "SET search_path = java_other");
        for (int execution = 1; execution <= 6; execution++)
          report.equal("other", first(select), "2");
      }
    }
  }

  private static void deallocated(Server server, Report report) throws SQLException {
    try (Connection connection = server.connect("prepareThreshold=1")) {
      try (PreparedStatement select = connection.prepareStatement("SELECT ?::int + 1")) {
        for (int execution = 1; execution <= 8; execution++) {
          select.setInt(1, execution);
          report.equal("plus one", first(select), String.valueOf(execution + 1));
          if (execution == 4) Server.run(connection, "DEALLOCATE ALL");
          if (execution == 6) Server.run(connection, "DISCARD ALL");
        }
      }
    }
  }

  /** More than the driver keeps: it closes the statements that were used longest ago. */
  private static void many(Server server, Report report) throws SQLException {
    try (Connection connection =
        server.connect("prepareThreshold=1", "preparedStatementCacheQueries=20")) {
      for (int round = 0; round < 2; round++) {
        for (int number = 0; number < 100; number++) {
          try (PreparedStatement select =
              connection.prepareStatement("SELECT ?::int + " + number)) {
            select.setInt(1, 1000);
            report.equal("statement " + number, first(select), String.valueOf(1000 + number));
          }
        }
      }
    }
  }

  /** As many parameters as a message can have. */
  private static void wide(Server server, Report report) throws SQLException {
    int count = 65_535;
    String text = "SELECT count(*) FROM (VALUES (?::int)" + ", (?)".repeat(count - 1) + ") v(n)";
    try (Connection connection = server.connect();
        PreparedStatement select = connection.prepareStatement(text)) {
      for (int index = 1; index <= count; index++) select.setInt(index, index);
      report.equal("65535 parameters", first(select), String.valueOf(count));
    }
  }
}

import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.LocalDate;
import java.util.List;
import java.util.concurrent.Executors;

/** JDBC's own syntax and ways: escapes, calls, scrolling, casts of setObject, servers by role. */
final class Jdbc {
  static void run(Server server, Report report) throws SQLException {
    try (Connection connection = server.connect()) {
      report.attempt("escapes", () -> escapes(connection, report));
      report.attempt("calls", () -> calls(connection, report));
      report.attempt("scrolling", () -> scrolling(connection, report));
      report.attempt("casts", () -> casts(connection, report));
      report.attempt("streams", () -> streams(connection, report));
    }
    report.attempt("untyped", () -> untyped(server, report));
    report.attempt("targets", () -> targets(server, report));
    report.attempt("aborted", () -> aborted(server, report));
  }

  private static void escapes(Connection connection, Report report) throws SQLException {
    List<String> texts =
        List.of(
            "SELECT {d '2024-02-29'}, {t '13:14:15'}, {ts '2024-02-29 13:14:15.5'}",
            "SELECT {fn concat('a', 'b')}, {fn ucase('x')}, {fn length('abc')}, {fn mod(7, 3)}",
            "SELECT {fn substring('abcdef', 2, 3)}, {fn locate('c', 'abc')}, {fn ifnull(NULL,"
                + " 'y')}",
            "SELECT {fn year({d '2024-02-29'})}, {fn dayofweek({d '2024-02-29'})}",
            "SELECT {fn timestampadd(SQL_TSI_DAY, 1, {ts '2024-02-29 00:00:00'})}",
            "SELECT 'a_c' LIKE 'a|_c' {escape '|'}",
            "SELECT {fn database()} IS NOT NULL, {fn user()} IS NOT NULL");
    for (String text : texts) {
      try (Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery(text)) {
        report.see(text, QueryModes.rows(rows));
      }
    }
  }

  private static void calls(Connection connection, Report report) throws SQLException {
    for (int execution = 1; execution <= 7; execution++) {
      try (CallableStatement call = connection.prepareCall("{? = call upper(?)}")) {
        call.registerOutParameter(1, Types.VARCHAR);
        call.setString(2, "abc");
        call.execute();
        report.equal("upper", call.getString(1), "ABC");
      }
      try (CallableStatement call = connection.prepareCall("{? = call length(?)}")) {
        call.registerOutParameter(1, Types.INTEGER);
        call.setString(2, "abc");
        call.execute();
        report.equal("length", call.getInt(1), 3);
      }
    }
  }

  private static void scrolling(Connection connection, Report report) throws SQLException {
    int type = ResultSet.TYPE_SCROLL_INSENSITIVE;
    try (Statement statement = connection.createStatement(type, ResultSet.CONCUR_READ_ONLY);
        ResultSet rows = statement.executeQuery("SELECT g FROM generate_series(1, 10) g")) {
      report.equal("last", rows.last() ? rows.getInt(1) : 0, 10);
      report.equal("previous", rows.previous() ? rows.getInt(1) : 0, 9);
      report.equal("absolute", rows.absolute(-10) ? rows.getInt(1) : 0, 1);
    }
  }

  private static void casts(Connection connection, Report report) throws SQLException {
    String text = "SELECT ?, ?, ?, ?, ?, ?";
    try (PreparedStatement select = connection.prepareStatement(text)) {
      for (int execution = 1; execution <= 7; execution++) {
        select.setObject(1, "42", Types.INTEGER);
        select.setObject(2, 1.5, Types.NUMERIC, 3);
        select.setObject(3, "2024-02-29", Types.DATE);
        select.setObject(4, LocalDate.of(2024, 2, 29), Types.DATE);
        select.setObject(5, 'c');
        select.setObject(6, true, Types.BIT);
        try (ResultSet rows = select.executeQuery()) {
          report.see("casts", QueryModes.rows(rows));
        }
      }
    }
  }

  private static void streams(Connection connection, Report report) throws Exception {
    byte[] bytes = new byte[300_000];
    for (int index = 0; index < bytes.length; index++) bytes[index] = (byte) (index * 7);
    String text = "grün ".repeat(50_000);
    String query = "SELECT ?::bytea, ?::bytea, ?::text";
    try (PreparedStatement select = connection.prepareStatement(query)) {
      for (int execution = 1; execution <= 6; execution++) {
        select.setBinaryStream(1, new ByteArrayInputStream(bytes));
        select.setBinaryStream(2, new ByteArrayInputStream(bytes), 1000);
        select.setCharacterStream(3, new StringReader(text));
        try (ResultSet rows = select.executeQuery()) {
          rows.next();
          report.equal("bytes", rows.getBinaryStream(1).readAllBytes(), bytes);
          report.equal("some bytes", rows.getBytes(2), java.util.Arrays.copyOf(bytes, 1000));
          report.equal("characters", rows.getString(3), text);
        }
      }
    }
  }

  /** stringtype=unspecified: the server finds the type of each string. */
  private static void untyped(Server server, Report report) throws SQLException {
    try (Connection connection = server.connect("stringtype=unspecified")) {
      Server.run(
          connection,
          "DROP TABLE IF EXISTS java_untyped",
          "CREATE TABLE java_untyped (id int PRIMARY KEY, u uuid, j jsonb, ts timestamptz, a"
              + " int[])");
      String text = "INSERT INTO java_untyped VALUES (?, ?, ?, ?, ?)";
      try (PreparedStatement insert = connection.prepareStatement(text)) {
        for (int id = 1; id <= 7; id++) {
          insert.setString(1, String.valueOf(id));
          insert.setString(2, "123e4567-e89b-12d3-a456-426614174000");
          insert.setString(3, "[" + id + "]");
          insert.setString(4, "2024-02-29 12:00:00+00");
          insert.setString(5, "{" + id + ",2}");
          report.equal("count", insert.executeUpdate(), 1);
        }
      }
      String query = "SELECT * FROM java_untyped WHERE id = ? OR j @> ? ORDER BY id";
      try (PreparedStatement select = connection.prepareStatement(query)) {
        select.setString(1, "3");
        select.setString(2, "[5]");
        try (ResultSet rows = select.executeQuery()) {
          report.see("rows", QueryModes.rows(rows));
        }
      }
    }
  }

  private static void targets(Server server, Report report) throws SQLException {
    for (String target : List.of("any", "primary", "preferSecondary", "preferPrimary")) {
      try (Connection connection = server.connect("targetServerType=" + target)) {
        report.equal(target, Server.value(connection, "SELECT 1"), "1");
      }
    }
    String none = "Could not find a server with specified targetServerType: secondary";
    report.refused("secondary", "08001", none, () -> server.connect("targetServerType=secondary"));
    try (Connection connection =
        server.connect("gssEncMode=prefer", "sslmode=prefer", "tcpKeepAlive=true")) {
      report.equal("encryption if there is any", Server.value(connection, "SELECT 2"), "2");
    }
  }

  /** A connection that the client drops while its statement runs; the server goes on. */
  private static void aborted(Server server, Report report) throws SQLException {
    try (Connection dropped = server.connect();
        Connection other = server.connect()) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  Thread.sleep(500);
                  dropped.abort(Executors.newSingleThreadExecutor());
                } catch (InterruptedException | SQLException error) {
                  throw new IllegalStateException(error);
                }
              });
      thread.setDaemon(true);
      thread.start();
      report.refused("dropped", "08006", ".*", () -> Server.value(dropped, "SELECT pg_sleep(60)"));
      report.equal("closed", dropped.isClosed(), true);
      report.equal("the other one", Server.value(other, "SELECT 1"), "1");
    }
  }
}

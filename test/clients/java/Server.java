import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/** Where the server is that is tested. */
record Server(String host, String port, String user, String database) {
  static Server ofEnvironment() {
    return new Server(
        System.getenv("PGHOST"),
        System.getenv("PGPORT"),
        System.getenv("PGUSER"),
        System.getenv("PGDATABASE"));
  }

  /** `options`: name=value pairs of pgjdbc. */
  String url(String... options) {
    String address = "jdbc:postgresql://" + host + ":" + port + "/" + database;
    return address + "?user=" + user + "&" + String.join("&", options);
  }

  Connection connect(String... options) throws SQLException {
    return DriverManager.getConnection(url(options));
  }

  /** Runs statements, each by itself. */
  static void run(Connection connection, String... texts) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String text : texts) statement.execute(text);
    }
  }

  /** The first column of the first row, as text. */
  static String value(Connection connection, String text) throws SQLException {
    try (Statement statement = connection.createStatement();
        var rows = statement.executeQuery(text)) {
      return rows.next() ? rows.getString(1) : "no row";
    }
  }
}

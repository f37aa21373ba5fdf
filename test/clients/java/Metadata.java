import java.sql.Connection;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;

/**
 * What the protocol tells about results and parameters, and what pgjdbc looks up by itself to name
 * types.
 */
final class Metadata {
  static void run(Server server, Report report) throws SQLException {
    try (Connection connection = server.connect()) {
      Server.run(
          connection,
          "DROP TABLE IF EXISTS java_meta",
          "CREATE TABLE java_meta (id int PRIMARY KEY, b bool, s int2, l int8, f float4, d float8,"
              + " m numeric(12,3), t text NOT NULL, v varchar(20), c char(5), y bytea, da date, ti"
              + " time, ts timestamp, tz timestamptz, i interval, u uuid, j jsonb, a int[], ta"
              + " text[])");
      report.attempt("columns", () -> columns(connection, report));
      report.attempt("prepared", () -> prepared(connection, report));
      report.attempt("parameters", () -> parameters(connection, report));
      report.attempt("connection", () -> connection(connection, report));
    }
  }

  private static void columns(Connection connection, Report report) throws SQLException {
    try (PreparedStatement select =
            connection.prepareStatement("SELECT *, id + 1 AS next FROM java_meta");
        ResultSet rows = select.executeQuery()) {
      see("a result", rows.getMetaData(), report);
    }
  }

  private static void prepared(Connection connection, Report report) throws SQLException {
    try (PreparedStatement select =
            connection.prepareStatement("SELECT m, v, ? || 'x' AS p FROM java_meta");
        PreparedStatement insert =
            connection.prepareStatement("INSERT INTO java_meta (id, t) VALUES (?, ?)")) {
      see("a prepared query", select.getMetaData(), report);
      report.equal("an INSERT", insert.getMetaData(), null);
    }
  }

  private static void see(String name, ResultSetMetaData columns, Report report)
      throws SQLException {
    for (int column = 1; column <= columns.getColumnCount(); column++) {
      report.see(
          name + ", column " + column,
          String.join(
              " ",
              columns.getColumnName(column),
              columns.getColumnLabel(column),
              columns.getColumnTypeName(column),
              columns.getColumnClassName(column),
              String.valueOf(columns.getColumnType(column)),
              String.valueOf(columns.getPrecision(column)),
              String.valueOf(columns.getScale(column)),
              String.valueOf(columns.getColumnDisplaySize(column)),
              String.valueOf(columns.isSigned(column)),
              String.valueOf(columns.isCaseSensitive(column))));
    }
  }

  private static void parameters(Connection connection, Report report) throws SQLException {
    String[] texts = {
      "INSERT INTO java_meta (id, b, s, l, f, d, m, t, v) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      "UPDATE java_meta SET y = ?, da = ?, ti = ?, ts = ?, tz = ?, i = ?, u = ?, j = ?, a = ? WHERE"
          + " id = ?",
      "SELECT * FROM java_meta WHERE m > ? AND t LIKE ? AND id = ANY(?) LIMIT ? OFFSET ?",
      "SELECT ?::text, ?::int8 + 1, coalesce(?, 1.5)",
    };
    for (String text : texts) {
      try (PreparedStatement statement = connection.prepareStatement(text)) {
        ParameterMetaData parameters = statement.getParameterMetaData();
        StringBuilder types = new StringBuilder();
        for (int index = 1; index <= parameters.getParameterCount(); index++) {
          types.append(parameters.getParameterTypeName(index)).append(' ');
          types.append(parameters.getParameterClassName(index)).append(' ');
        }
        report.see(text, types.toString());
      }
    }
  }

  private static void connection(Connection connection, Report report) throws SQLException {
    var data = connection.getMetaData();
    report.equal("product", data.getDatabaseProductName(), "PostgreSQL");
    report.equal("major version", data.getDatabaseMajorVersion(), 15);
    report.equal("schema", connection.getSchema(), "public");
    report.equal("identifier length", data.getMaxColumnNameLength(), 63);
    report.equal(
        "transactions",
        data.supportsTransactionIsolationLevel(Connection.TRANSACTION_SERIALIZABLE),
        true);
    report.equal("catalog", connection.getCatalog() != null, true);
  }
}

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;

/** NULL parameters with and without a type, and NULL results by every getter. */
final class Nulls {
  private static final List<Object[]> KINDS =
      List.of(
          new Object[] {"bool", Types.BOOLEAN},
          new Object[] {"int2", Types.SMALLINT},
          new Object[] {"int4", Types.INTEGER},
          new Object[] {"int8", Types.BIGINT},
          new Object[] {"float4", Types.REAL},
          new Object[] {"float8", Types.DOUBLE},
          new Object[] {"numeric", Types.NUMERIC},
          new Object[] {"text", Types.VARCHAR},
          new Object[] {"bytea", Types.BINARY},
          new Object[] {"date", Types.DATE},
          new Object[] {"time", Types.TIME},
          new Object[] {"timestamp", Types.TIMESTAMP},
          new Object[] {"timestamptz", Types.TIMESTAMP_WITH_TIMEZONE},
          new Object[] {"uuid", Types.OTHER},
          new Object[] {"jsonb", Types.OTHER},
          new Object[] {"int4[]", Types.ARRAY});

  static void run(Server server, Report report) throws SQLException {
    try (Connection connection = server.connect("prepareThreshold=2")) {
      for (Object[] kind : KINDS) {
        String type = (String) kind[0];
        report.attempt(type, () -> check(connection, type, (int) kind[1], report));
      }
      report.attempt("primitives", () -> primitives(connection, report));
    }
  }

  private static void check(Connection connection, String type, int jdbcType, Report report)
      throws SQLException {
    try (PreparedStatement select = connection.prepareStatement("SELECT ?::" + type + " AS v")) {
      for (int declared : new int[] {jdbcType, Types.NULL, jdbcType, Types.NULL, jdbcType}) {
        select.setNull(1, declared);
        try (ResultSet rows = select.executeQuery()) {
          report.equal(type + ", has a row", rows.next(), true);
          report.equal(type + ", object", rows.getObject(1), null);
          report.equal(type + ", wasNull", rows.wasNull(), true);
          report.equal(type + ", string", rows.getString(1), null);
        }
      }
    }
  }

  private static void primitives(Connection connection, Report report) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT NULL::int4, NULL::float8, NULL::bool, ?")) {
      for (int execution = 1; execution <= 4; execution++) {
        select.setObject(1, null);
        try (ResultSet rows = select.executeQuery()) {
          rows.next();
          report.equal("int", rows.getInt(1), 0);
          report.equal("int was NULL", rows.wasNull(), true);
          report.equal("double", rows.getDouble(2), 0.0);
          report.equal("boolean", rows.getBoolean(3), false);
          report.equal("a parameter without a type", rows.getString(4), null);
        }
      }
    }
  }
}

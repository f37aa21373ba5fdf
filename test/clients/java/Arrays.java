import java.math.BigDecimal;
import java.sql.Array;
import java.sql.Connection;
import java.sql.Date;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.List;
import java.util.UUID;
import org.postgresql.PGConnection;

/** java.sql.Array of every element type, with NULLs and two dimensions, text and binary. */
final class Arrays {
  private record Sample(String element, Object[] items) {}

  private static final List<Sample> SAMPLES =
      List.of(
          new Sample("bool", new Boolean[] {true, null, false}),
          new Sample("int2", new Short[] {1, null, -32768}),
          new Sample("int4", new Integer[] {1, null, -2147483648}),
          new Sample("int8", new Long[] {1L, null, Long.MAX_VALUE}),
          new Sample("float4", new Float[] {1.5f, null, Float.NaN}),
          new Sample("float8", new Double[] {1.1, null, Double.NEGATIVE_INFINITY}),
          new Sample(
              "numeric",
              new BigDecimal[] {new BigDecimal("1.10"), null, new BigDecimal("-0.0001")}),
          new Sample("text", new String[] {"a", null, "", "NULL", "b,c", "{\"d\\e\"}", "ü"}),
          new Sample("varchar", new String[] {"x", null, " "}),
          new Sample("date", new Date[] {Date.valueOf("2024-02-29"), null}),
          new Sample(
              "timestamp", new Timestamp[] {Timestamp.valueOf("2024-02-29 12:13:14.5"), null}),
          new Sample(
              "timestamptz", new Timestamp[] {Timestamp.valueOf("2024-02-29 12:13:14.5"), null}),
          new Sample("uuid", new UUID[] {new UUID(1, 2), null}),
          new Sample("bytea", new byte[][] {{1, 2}, null, {}}));

  static void run(Server server, Report report) throws SQLException {
    for (String option :
        List.of("prepareThreshold=5", "prepareThreshold=-1", "binaryTransfer=false")) {
      try (Connection connection = server.connect(option)) {
        for (Sample sample : SAMPLES) {
          String name = sample.element + "[], " + option;
          report.attempt(name, () -> check(connection, name, sample, report));
        }
        report.attempt("dimensions, " + option, () -> dimensions(connection, report));
        report.attempt("any, " + option, () -> anyOf(connection, report));
      }
    }
  }

  private static void check(Connection connection, String name, Sample sample, Report report)
      throws SQLException {
    String text =
        "SELECT ?::"
            + sample.element
            + "[] AS v, array_length(?::"
            + sample.element
            + "[], 1) AS n";
    try (PreparedStatement select = connection.prepareStatement(text)) {
      for (int execution = 1; execution <= 10; execution++) {
        Array array = connection.createArrayOf(sample.element, sample.items);
        select.setArray(1, array);
        select.setArray(2, array);
        try (ResultSet rows = select.executeQuery()) {
          rows.next();
          report.equal(name + ", items", rows.getArray(1).getArray(), sample.items);
          report.equal(name + ", length", rows.getInt(2), sample.items.length);
          report.equal(name + ", element", rows.getArray(1).getBaseTypeName(), sample.element);
          report.see(name + ", text", rows.getString(1));
        }
      }
    }
  }

  private static void dimensions(Connection connection, Report report) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT ?::int4[] AS v, ?::int4[] AS empty")) {
      for (int execution = 1; execution <= 7; execution++) {
        int[][] matrix = {{1, 2, 3}, {4, 5, 6}};
        select.setArray(1, connection.unwrap(PGConnection.class).createArrayOf("int4", matrix));
        select.setArray(2, connection.createArrayOf("int4", new Integer[] {}));
        try (ResultSet rows = select.executeQuery()) {
          rows.next();
          Integer[][] expected = {{1, 2, 3}, {4, 5, 6}};
          report.equal("matrix", rows.getArray(1).getArray(), expected);
          report.equal("empty", rows.getArray(2).getArray(), new Integer[] {});
          ResultSet unnested = rows.getArray(1).getResultSet();
          unnested.next();
          report.see("first row of the matrix", unnested.getString(2));
        }
      }
    }
  }

  private static void anyOf(Connection connection, Report report) throws SQLException {
    String text = "SELECT sum(g) FROM generate_series(1, 100) g WHERE g = ANY(?)";
    try (PreparedStatement select = connection.prepareStatement(text)) {
      for (int execution = 1; execution <= 7; execution++) {
        select.setObject(1, new int[] {1, 10, 1000});
        try (ResultSet rows = select.executeQuery()) {
          rows.next();
          report.equal("sum", rows.getLong(1), 11L);
        }
      }
    }
  }
}

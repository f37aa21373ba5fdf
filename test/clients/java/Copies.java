import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyManager;
import org.postgresql.copy.CopyOut;

/** CopyManager: text, csv and binary, both ways, given up and failing. */
final class Copies {
  static void run(Server server, Report report) throws SQLException {
    try (Connection connection = server.connect()) {
      Server.run(
          connection,
          "DROP TABLE IF EXISTS java_copy",
          "CREATE TABLE java_copy (id int PRIMARY KEY, t text, n numeric)");
      CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
      report.attempt("text", () -> text(connection, copy, report));
      report.attempt("binary", () -> binary(connection, copy, report));
      report.attempt("errors", () -> errors(connection, copy, report));
      report.attempt("transaction", () -> inTransaction(connection, copy, report));
      report.attempt("left", () -> left(server, report));
    }
  }

  private static void text(Connection connection, CopyManager copy, Report report)
      throws Exception {
    StringBuilder lines = new StringBuilder();
    for (int id = 1; id <= 5000; id++)
      lines.append(id).append("\tr\\tow ").append(id).append("\t\\N\n");
    report.equal(
        "rows in",
        copy.copyIn("COPY java_copy FROM STDIN", new StringReader(lines.toString())),
        5000L);
    StringWriter out = new StringWriter();
    report.equal(
        "rows out",
        copy.copyOut("COPY (SELECT * FROM java_copy ORDER BY id) TO STDOUT", out),
        5000L);
    report.equal("the same text", out.toString(), lines.toString());
    String csv = "id,t,n\n9001,\"a,\"\"b\"\"\",1.50\n9002,,\n";
    String from = "COPY java_copy FROM STDIN WITH (FORMAT csv, HEADER)";
    byte[] bytes = csv.getBytes(StandardCharsets.UTF_8);
    report.equal("csv in", copy.copyIn(from, new ByteArrayInputStream(bytes), 5), 2L);
    StringWriter csvOut = new StringWriter();
    String to =
        "COPY (SELECT * FROM java_copy WHERE id > 9000 ORDER BY id) TO STDOUT WITH (FORMAT csv,"
            + " HEADER)";
    copy.copyOut(to, csvOut);
    report.equal("csv out", csvOut.toString(), csv);
    Server.run(connection, "DELETE FROM java_copy");
  }

  private static void binary(Connection connection, CopyManager copy, Report report)
      throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream data = new DataOutputStream(bytes);
    data.write("PGCOPY\n\u00ff\r\n\0".getBytes(StandardCharsets.ISO_8859_1));
    data.writeInt(0);
    data.writeInt(0);
    for (int id = 1; id <= 3; id++) {
      data.writeShort(2);
      data.writeInt(4);
      data.writeInt(id);
      data.writeInt(2);
      data.writeBytes("b" + id);
    }
    data.writeShort(-1);
    String from = "COPY java_copy (id, t) FROM STDIN WITH (FORMAT binary)";
    report.equal("binary in", copy.copyIn(from, new ByteArrayInputStream(bytes.toByteArray())), 3L);
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    CopyOut out =
        copy.copyOut("COPY (SELECT id, t FROM java_copy ORDER BY id) TO STDOUT (FORMAT binary)");
    report.equal("fields", out.getFieldCount(), 2);
    report.equal("format", out.getFormat(), 1);
    for (byte[] chunk = out.readFromCopy(); chunk != null; chunk = out.readFromCopy())
      read.write(chunk);
    report.equal("the same bytes", read.toByteArray(), bytes.toByteArray());
    report.equal("rows", out.getHandledRowCount(), 3L);
    Server.run(connection, "DELETE FROM java_copy");
  }

  private static void errors(Connection connection, CopyManager copy, Report report)
      throws SQLException {
    String from = "COPY java_copy FROM STDIN";
    String bad = "1\ta\t1\n2\tb\tnumber\n3\tc\t3\n";
    report.refused(
        "a bad number",
        "22P02",
        "invalid input syntax for type numeric: \"number\"",
        () -> copy.copyIn(from, new StringReader(bad)));
    report.refused(
        "a key twice",
        "23505",
        "duplicate key value violates unique constraint \"java_copy_pkey\"",
        () -> copy.copyIn(from, new StringReader("1\ta\t1\n1\tb\t2\n")));
    report.refused(
        "no table",
        "42P01",
        "relation \"nowhere\" does not exist",
        () -> copy.copyIn("COPY nowhere FROM STDIN"));
    CopyIn given = copy.copyIn(from);
    byte[] row = "7\tx\t\\N\n".getBytes(StandardCharsets.UTF_8);
    given.writeToCopy(row, 0, row.length);
    given.cancelCopy();
    report.equal(
        "nothing is kept", Server.value(connection, "SELECT count(*) FROM java_copy"), "0");
  }

  private static void inTransaction(Connection connection, CopyManager copy, Report report)
      throws Exception {
    connection.setAutoCommit(false);
    copy.copyIn("COPY java_copy (id) FROM STDIN", new StringReader("1\n2\n"));
    report.equal("seen inside", Server.value(connection, "SELECT count(*) FROM java_copy"), "2");
    connection.rollback();
    copy.copyIn("COPY java_copy (id) FROM STDIN", new StringReader("3\n"));
    connection.commit();
    connection.setAutoCommit(true);
    report.equal("kept", Server.value(connection, "SELECT min(id) FROM java_copy"), "3");
  }

  /** A client that goes away in the middle of a COPY, either way. */
  private static void left(Server server, Report report) throws SQLException {
    try (Connection connection = server.connect()) {
      CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
      String endless = "SELECT a, b FROM generate_series(1, 10000) a, generate_series(1, 10000) b";
      report.equal(
          "a row", copy.copyOut("COPY (" + endless + ") TO STDOUT").readFromCopy().length, 4);
      connection.unwrap(PGConnection.class).cancelQuery();
    }
    try (Connection connection = server.connect()) {
      connection.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY java_copy (id) FROM STDIN");
    }
    try (Connection connection = server.connect()) {
      report.equal("kept", Server.value(connection, "SELECT count(*) FROM java_copy"), "1");
    }
  }
}

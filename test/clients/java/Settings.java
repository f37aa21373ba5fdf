import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.postgresql.PGConnection;

/** Settings by connection properties and by statements, and which of them the driver is told of. */
final class Settings {
  static void run(Server server, Report report) throws SQLException {
    report.attempt("properties", () -> properties(server, report));
    report.attempt("schema", () -> schema(server, report));
    report.attempt("options", () -> options(server, report));
    report.attempt("reset", () -> reset(server, report));
  }

  private static void properties(Server server, Report report) throws SQLException {
    try (Connection connection =
        server.connect("ApplicationName=java%20clients", "assumeMinServerVersion=15")) {
      PGConnection own = connection.unwrap(PGConnection.class);
      report.equal(
          "application name", Server.value(connection, "SHOW application_name"), "java clients");
      report.equal("reported", own.getParameterStatus("application_name"), "java clients");
      connection.setClientInfo("ApplicationName", "changed 'name'");
      report.equal("changed", own.getParameterStatus("application_name"), "changed 'name'");
      report.equal("client info", connection.getClientInfo("ApplicationName"), "changed 'name'");
      for (String name :
          List.of(
              "server_encoding",
              "client_encoding",
              "integer_datetimes",
              "DateStyle",
              "IntervalStyle",
              "standard_conforming_strings",
              "TimeZone",
              "in_hot_standby")) {
        report.see(name, own.getParameterStatus(name));
      }
      Server.run(connection, "SET TimeZone = 'Asia/Kolkata'");
      report.equal("a SET is reported", own.getParameterStatus("TimeZone"), "Asia/Kolkata");
    }
    report.refused(
        "another client_encoding by SET",
        "08006",
        "The server's client_encoding parameter was changed to LATIN1. .*",
        () -> {
          try (Connection connection = server.connect()) {
            Server.run(connection, "SET client_encoding = 'LATIN1'");
          }
        });
  }

  private static void schema(Server server, Report report) throws SQLException {
    try (Connection connection = server.connect()) {
      Server.run(
          connection,
          "DROP TABLE IF EXISTS java_space.things",
          "DROP SCHEMA IF EXISTS java_space",
          "CREATE SCHEMA java_space",
          "CREATE TABLE java_space.things (n int)",
          "INSERT INTO java_space.things VALUES (42)");
    }
    try (Connection connection = server.connect("currentSchema=java_space,public")) {
      report.equal(
          "search_path", Server.value(connection, "SHOW search_path"), "java_space,public");
      report.equal("found there", Server.value(connection, "SELECT n FROM things"), "42");
      report.equal("schema", connection.getSchema(), "java_space");
      connection.setSchema("public");
      report.equal("another schema", connection.getSchema(), "public");
      String message = "relation \"things\" does not exist";
      report.refused(
          "not found there",
          "42P01",
          message,
          () -> Server.value(connection, "SELECT n FROM things"));
    }
  }

  private static void options(Server server, Report report) throws SQLException {
    String options = "options=-c%20statement_timeout=1234%20-c%20search_path=pg_catalog";
    try (Connection connection = server.connect(options)) {
      report.equal(
          "statement_timeout", Server.value(connection, "SHOW statement_timeout"), "1234ms");
      report.equal("search_path", Server.value(connection, "SHOW search_path"), "pg_catalog");
    }
  }

  private static void reset(Server server, Report report) throws SQLException {
    try (Connection connection = server.connect()) {
      Server.run(connection, "SET statement_timeout = '5s'", "DISCARD ALL");
      report.equal("after DISCARD ALL", Server.value(connection, "SHOW statement_timeout"), "0");
      report.equal(
          "the driver's zone stays", Server.value(connection, "SHOW TimeZone"), "Europe/Berlin");
    }
  }
}
